import { describe, expect, it } from 'vitest';
import { parseExtxyz } from '../../src/chemistry/extxyz.ts';
import { nameTag } from '../../src/chemistry/inputs/input-writer.ts';
import { structureFromSymbols } from '../../src/chemistry/structure.ts';
import { structureHash } from '../../src/chemistry/structure-identity.ts';
import { gaussianOutputFor, gaussianWithTitle, orcaWithComment } from '../support/name-tags.ts';
import { fixture, parseText } from '../support/outputs.ts';

/** What the results in the fixtures were computed for, see their README. */
const COMPUTED = structureFromSymbols(['Na', 'Na'], [0.1234567890123456, -0.2, 0.3333333333333333, 1.7, 1.05, Math.E]);
const LABEL = 'na02-tié (1)';
const NAMED = { label: LABEL, provenance: { natrium_cluster: structureHash(COMPUTED) } };
const OTHER = structureFromSymbols(['Na'], [0, 0, 0]);
const TAG = nameTag(COMPUTED, LABEL);

/** Farthest that a coordinate is from where it was computed (Å). */
function deviation({ structure }: { structure: { positionsAngstrom: Float64Array } }): number {
  return Math.max(...structure.positionsAngstrom.map((x, k) => Math.abs(x - COMPUTED.positionsAngstrom[k])));
}

describe('results of inputs that we wrote', () => {
  it('name their cluster: NWChem', async () => {
    const record = await parseText(fixture('nwchem7-na2-name-tag.out'));
    expect(record).toMatchObject(NAMED);
    expect(record.levelOfTheory).toMatchObject({ program: 'NWChem', method: 'B3LYP', basis: '6-31G*' });
    expect(deviation(record)).toBeLessThan(1e-8);
    expect(record.shieldingsPpm).toEqual(Float64Array.of(611.8376, 611.8376));
  });

  it('name their cluster, to the last digit: PySCF', () => {
    const [item] = parseExtxyz(fixture('pyscf2-na2-name-tag.extxyz'), 'na2.extxyz');
    if ('error' in item) throw item.error;
    expect(item.record).toMatchObject(NAMED);
    expect(structureHash(item.record.structure)).toBe(structureHash(COMPUTED));
    // two programs at one level of theory
    for (const shielding of item.record.shieldingsPpm!) expect(shielding).toBeCloseTo(611.8376, 2);
    expect(item.record.populationLabels).toContain('5DYZ');
  });
});

describe('a name tag in a title or comment', () => {
  it.each([70, 200].map((length) => 'y'.repeat(length)).map((label) => [label.length, label]))(
    'is found in the broken title of Gaussian, with a label of %i characters where it fits',
    async (length, label) => {
      const record = await parseText(gaussianWithTitle(nameTag(COMPUTED, String(label))));
      expect(record.provenance.natrium_cluster).toBe(structureHash(COMPUTED));
      expect(record.label).toBe(Number(length) > 180 ? null : label);
    },
  );

  it('is found whole where the title is longer than provenance keeps', async () => {
    const label = 'z'.repeat(180);
    const record = await parseText(gaussianOutputFor(COMPUTED, label));
    expect(record).toMatchObject({ label, provenance: { frame: 'input orientation' } });
    expect(deviation(record)).toBeLessThan(1e-6);
  });

  it('is that of the task that is the result: Gaussian', async () => {
    const [first, second] = [OTHER, COMPUTED].map((structure) => gaussianWithTitle(nameTag(structure, null)));
    expect((await parseText(first + second)).provenance.natrium_cluster).toBe(structureHash(COMPUTED));
    const untagged = fixture('gaussian16-na2-nmr-pop-full.out');
    expect((await parseText(first + untagged)).provenance).not.toHaveProperty('natrium_cluster');
  });

  it('is found in the input that ORCA repeats', async () => {
    expect(await parseText(orcaWithComment(TAG))).toMatchObject(NAMED);
    const plain = await parseText(orcaWithComment('natrium is Latin'));
    expect(plain.label).toBeNull();
    expect(plain.provenance).not.toHaveProperty('natrium_cluster');
  });

  it('is that of the job that is the result: ORCA', async () => {
    const jobs = fixture('orca5-h2-two-jobs-second-fails.out');
    const tagged = (second: string) =>
      jobs
        .replace('|  1> ! HF', `|  1> # ${nameTag(OTHER, 'first')}\n|  1> ! HF`)
        .replace('|  5> ! B3LYP', `|  5> # ${second}\n|  5> ! B3LYP`);
    expect((await parseText(tagged(TAG))).label).toBe('first');
    const secondFinishes = tagged(TAG).split('$$$$$$$$$$$$$$$$  JOB NUMBER  1')[0];
    const [, body] = jobs.split(/JOB NUMBER {2}1 \$+\n/);
    const succeeded = body.split('$$$$$$$$$$$$$$$$  JOB NUMBER  2')[0];
    const record = await parseText(`${secondFinishes}$$$$$$$$$$$$$$$$  JOB NUMBER  2 $$$$$$$$$$$$$$\n${succeeded}`);
    expect(record).toMatchObject(NAMED);
  });

  it('is not that of another run in the same file: ORCA, NWChem', async () => {
    const orca = await parseText(orcaWithComment(TAG) + fixture('orca6-na2-nmr-efg.out'));
    expect(orca.provenance).not.toHaveProperty('natrium_cluster');
    const pbe0 = fixture('orca6-na2-nmr-efg.out').replace('UKS B3LYP', 'UKS PBE0');
    expect((await parseText(orcaWithComment(TAG) + pbe0)).levelOfTheory?.method).toBe('PBE0');
    const nwchem = await parseText(fixture('nwchem7-na2-name-tag.out') + fixture('nwchem7-na2-two-tasks.out'));
    expect(nwchem.provenance).not.toHaveProperty('natrium_cluster');
  });

  it('is not that of the job whose orbitals NWChem reads', async () => {
    const text = fixture('nwchem7-na2-name-tag.out').replace(/(Loading old vectors.*\n\n)natrium .*/, (_, before) => {
      return `${before}${nameTag(OTHER, 'other')}`;
    });
    expect(text).toContain('(other)');
    expect(await parseText(text)).toMatchObject(NAMED);
  });
});
