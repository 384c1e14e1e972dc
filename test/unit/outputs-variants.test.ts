import { describe, expect, it } from 'vitest';
import { errorOf, fixture, parseText } from '../support/outputs.ts';

const RULE = ` ${'-'.repeat(69)}`;

/** One of Gaussian's tables of coordinates; `typed` says whether it has a column for the atomic type. */
function orientation(
  title: string,
  rows: readonly (readonly [number, number, number, number])[],
  typed = true,
): string {
  const lines = rows.map(
    ([z, ...xyz], k) =>
      `${String(k + 1).padStart(7)}${String(z).padStart(11)}${(typed ? '0' : '').padStart(12)}    ` +
      xyz.map((x) => x.toFixed(6).padStart(12)).join(''),
  );
  const heading = ' Center     Atomic      Atomic             Coordinates (Angstroms)\n Number     Number       Type';
  return `                         ${title}:\n${RULE}\n${heading}\n${RULE}\n${lines.join('\n')}\n${RULE}\n`;
}

function gaussian(route: string, ...parts: readonly string[]): string {
  const rule = ` ${'-'.repeat(route.length)}`;
  return ` Entering Gaussian System, Link 0=g16
 Gaussian 16:  ES64L-G16RevC.01  3-Jul-2019
${rule}
 ${route}
${rule}
 ----
 test
 ----
 Charge =  0 Multiplicity = 1
 Standard basis: STO-3G (5D, 7F)
${parts.join('')} Normal termination of Gaussian 16 at Mon Nov 23 00:00:00 2026.
`;
}

const HYDROGEN = orientation('Standard orientation', [
  [1, 0, 0, 0.37],
  [1, 0, 0, -0.37],
]);
const RHF = ' SCF Done:  E(RHF) =  -1.11753035     A.U. after    5 cycles\n';

describe('Gaussian', () => {
  const populations = `     Gross orbital populations:
                         TOTAL     ALPHA     BETA      SPIN
   1 1   H  1S          0.60001   0.30001   0.30000   0.00001
   2       10D 0        0.40002   0.20001   0.20001   0.00000
   3 2   H  1S          0.60001   0.30001   0.30000   0.00001
   4       10D 0        0.40002   0.20001   0.20001   0.00000

`;

  it('reads shells of two digits, whatever the case of the heading', async () => {
    const record = await parseText(gaussian('#p uhf/gen pop=full', HYDROGEN, RHF, populations));
    expect(record.populationLabels).toEqual(['1S', '10D0']);
    expect([...record.grossOrbitalPopulations!]).toEqual([0.60001, 0.40002, 0.60001, 0.40002]);
  });

  it('goes on with the last step when its geometry is printed again, in two frames and rounded once more', async () => {
    const text = gaussian(
      '#p rhf/sto-3g opt pop=full',
      HYDROGEN.replaceAll('0.370000', '0.360000'),
      RHF.replace('-1.117', '-1.116'),
      HYDROGEN,
      RHF,
      orientation('Input orientation', [
        [1, 1, 2, 3],
        [1, 1, 2, 3.74],
      ]),
      HYDROGEN.replace(' 0.370000', ' 0.370001'),
      populations,
    );
    const record = await parseText(text);
    expect(record.energyHartree).toBe(-1.11753035);
    expect(record.populationLabels).toEqual(['1S', '10D0']);
    expect(record.provenance.frame).toBe('standard orientation');
    expect(record.structure.positionsAngstrom[2]).toBe(0.370001);
    // another structure is another step, whose energy never came
    const other = await parseText(text.replace(' 0.370001', ' 0.380000'));
    expect(other.populationLabels).toBeNull();
  });

  it('reads tables without atomic types, as symm=follow prints them', async () => {
    const rows = [
      [1, -0.241622, 0, 0],
      [1, 0.498378, 0, 0],
    ] as const;
    const record = await parseText(gaussian('#p rhf/sto-3g', orientation('Standard orientation', rows, false), RHF));
    expect([...record.structure.positionsAngstrom]).toEqual([-0.241622, 0, 0, 0.498378, 0, 0]);
    expect(record.structure.atomicNumbers).toEqual([1, 1]);
  });

  const correlated = ` E2 =    -0.379533639D-01 EUMP2 =    -0.75002282127785D+02
 E3=       -0.10518803D-01        EUMP3=      -0.75012800931D+02
 E4(DQ)=   -0.31002164D-02        UMP4(DQ)=   -0.75015901147D+02
 E4(SDQ)=  -0.32127249D-02        UMP4(SDQ)=  -0.75016013656D+02
 E4(SDTQ)= -0.32671217D-02        UMP4(SDTQ)= -0.75016068053D+02
 DE(Corr)= -0.53352742E-01 E(CORR)=     -75.017681534     Delta= 4.69D-06
 DE(Corr)= -0.53354848E-01 E(CORR)=     -75.017683639     Delta=-3.61D-08
 Wavefunction amplitudes converged. E(Corr)=     -75.017683639
`;
  it.each([
    ['#p ump2(full)/sto-3g', correlated, 'MP2', -75.002282127785],
    ['#p mp3/sto-3g', correlated, 'MP3', -75.012800931],
    ['#p mp4sdq/sto-3g', correlated.replace(/.*SDTQ.*\n/, ''), 'MP4(SDQ)', -75.016013656],
    ['#p mp4/sto-3g', correlated, 'MP4(SDTQ)', -75.016068053],
    ['#p mp5/sto-3g', `${correlated} DEMP5 =  -0.11D-02 MP5 =  -0.75017172934D+02\n`, 'MP5', -75.017172934],
    ['#p ccsd/sto-3g', correlated, 'CCSD', -75.017683639],
    ['#p qcisd(t)/sto-3g', `${correlated} QCISD(T)= -0.75017760424D+02\n`, 'QCISD(T)', -75.017760424],
    ['#p cis(nstates=3)/sto-3g', correlated, 'RHF', -1.11753035],
    ['#p oniom(hf/sto-3g:pm6)', ' ONIOM: extrapolated energy =      -1.234567890123\n', 'ONIOM', -1.234567890123],
  ])('%s: the energy of the method that the route names', async (route, lines, method, energyHartree) => {
    const record = await parseText(gaussian(route, HYDROGEN, RHF, lines));
    expect(record.levelOfTheory?.method).toBe(method);
    expect(record.energyHartree).toBe(energyHartree);
  });
});

describe('NWChem', () => {
  const banner = '              Northwest Computational Chemistry Package (NWChem) 7.0.1\n\n';
  const module = (name: string): string => `                                NWChem ${name} Module\n`;
  const geometry = (a: string, b: string, charge = '1.0000'): string => `
                             Geometry "geometry" -> ""
                             -------------------------

 Output coordinates in angstroms (scale by  1.889725989 to convert to a.u.)

  No.       Tag          Charge          X              Y              Z
 ---- ---------------- ---------- -------------- -------------- --------------
    1 ${a.padEnd(16)}     ${charge}     0.00000000     0.00000000     0.37000000
    2 ${b.padEnd(16)}     ${charge}     0.00000000     0.00000000    -0.37000000

`;
  const energy = (value: number): string => `\n         Total DFT energy =     ${value}\n`;
  const echoed = (deck: string): string =>
    `============================== echo of input deck ==============================\n${deck}\n${'='.repeat(80)}\n\n`;

  it('takes from the input what print low leaves out, each task its own', async () => {
    const deck = `start h2
print low   # the rest says little
charge 1
basis "ao basis" spherical
  * library "6-31G*" except bq
end
basis "cd basis"; * library "Ahlrichs Coulomb Fitting"; end
DFT; MULT 2; XC pbe0; END
task dft energy
charge 0
dft
  mult 1
  xc b3lyp
end
task dft optimize`;
    const first = `${echoed(deck)}${banner}${module('Input')}${geometry('H', 'H')}${module('DFT')}${energy(-0.6)}`;
    const level = { program: 'NWChem', version: '7.0.1', basis: '6-31G*' };
    expect(await parseText(first)).toMatchObject({
      structure: { charge: 1, multiplicity: 2 },
      levelOfTheory: { ...level, method: 'PBE0' },
    });
    const both = `${first}${module('Input')}${module('DFT')}${energy(-1.1)}${module('Input')}`;
    expect(await parseText(both)).toMatchObject({
      structure: { charge: 0, multiplicity: 1 },
      levelOfTheory: { ...level, method: 'B3LYP' },
      energyHartree: -1.1,
    });
    // what a task prints counts more than what its input says
    const printed = await parseText(first.replace(module('DFT'), '$&          Charge           :    -1\n'));
    expect(printed.structure).toMatchObject({ charge: -1, multiplicity: 2 });
    // the rule above the input is lost in some files
    expect((await parseText(both.slice(both.indexOf('\n') + 1))).levelOfTheory?.method).toBe('B3LYP');
  });

  it('knows no charge of a restart or of a plane-wave task that print none', async () => {
    const rest = `${banner}${module('Input')}${geometry('H', 'H')}${energy(-1.1)}`;
    expect((await parseText(`${echoed('start a\ntask dft')}${rest}`)).structure).toMatchObject({
      charge: 0,
      multiplicity: 1,
    });
    for (const deck of ['restart a\ntask dft', 'start a\ntask pspw']) {
      expect(await errorOf(`${echoed(deck)}${rest}`)).toMatchObject({ code: 'MALFORMED_FILE' });
    }
  });

  const level = `${module('DFT')}          Charge           :     0
          Spin multiplicity:     3
`;
  const triplet = `${banner}${module('Input')}${geometry('H', 'H')}${level}${energy(-0.7)}      <S2> =      2.0059 (Exact =     2.0000)\n`;

  it('keeps <S2> of an SCF that a task finds converged, and not of another one', async () => {
    const moved = geometry('H', 'H').replace('-0.37000000', '-0.38000000');
    const again = `${triplet}${moved}  The DFT is already converged\n${energy(-0.7)}`;
    expect(await parseText(again)).toMatchObject({ energyHartree: -0.7, spinSquared: 2.0059 });
    expect((await parseText(`${triplet}${moved}${energy(-0.7)}`)).spinSquared).toBeNull();
  });

  it('reads energies of spin-orbit DFT and of the tensor contraction engine', async () => {
    const spinOrbit = await parseText(triplet.replace('Total DFT energy', 'Total SO-DFT energy'));
    expect(spinOrbit).toMatchObject({ energyHartree: -0.7, spinSquared: 2.0059 });
    const tce = ` CCSD total energy / hartree       =       -75.017758156124472
 CCSD[T] total energy / hartree       =       -75.017846986512879
 CCSD(T) correlation energy / hartree =        -0.053506090792006
 CCSD(T) total energy / hartree       =       -75.017834858913247
`;
    const record = await parseText(`${triplet}${tce}`);
    expect(record.energyHartree).toBe(-75.017834858913247);
    expect(record.provenance.method).toBe('CCSD(T)');
  });

  it('reads functionals by the names of LibXC', async () => {
    const information = `              XC Information
              --------------
          Using LibXC version      6.0.0
                     Hartree-Fock (Exact) Exchange  0.463
                                  hyb_mgga_x_cf22d  1.000

`;
    const record = await parseText(`${triplet}${information}${energy(-0.7)}`);
    expect(record.provenance.method).toBe('Hartree-Fock (Exact) Exchange + hyb_mgga_x_cf22d');
  });

  it('takes the element from the charge where the tag names none, and tags of two words', async () => {
    const tags = triplet.replace(geometry('H', 'H'), geometry('2HW', 'H oniom'));
    expect((await parseText(tags)).structure.atomicNumbers).toEqual([1, 1]);
    expect(await errorOf(triplet.replace(geometry('H', 'H'), geometry('2HW', 'H', '0.5000')))).toMatchObject({
      code: 'UNKNOWN_ELEMENT',
    });
  });
});

describe('ORCA', () => {
  const text = fixture('orca6-na2-nmr-efg.out');

  it('reads orbital charges with the uncorrected ones in parentheses', async () => {
    const record = await parseText(text.replace(/(\d+: +\d(?:Na|He) .*?\d) {5}0\.000000/g, '$1 (  2.130503)'));
    expect(record.populationLabels).toEqual(['1s', '2s', '1pz']);
    expect(record.grossOrbitalPopulations![1]).toBe(1.998802);
  });

  it('leaves dummies out, which version 5 prints as a dash', async () => {
    const dummy = text
      .replace('  He      0.000000    5.000000', '  -       0.000000    5.000000')
      .replaceAll(/^.*2He.*\n/gm, '');
    const record = await parseText(dummy);
    expect(record.structure.atomicNumbers).toEqual([11, 11]);
    expect(record.provenance.ghost_centers).toBe(1);
  });

  it.each([
    ['UKS wB97X-D3', true, 'WB97X-D3'],
    ['UHF bt-PNO-EOM-CCSD', true, 'BT-PNO-EOM-CCSD'],
    ['DLPNO-CCSD(T1) cc-pVDZ/C', true, 'DLPNO-CCSD(T1)'],
    ['UHF cc-pVDZ/C', true, 'B88-LYP'],
    ['PBE MiniPrint', false, 'PBE'],
    ['HF MiniPrint', false, 'UHF'],
  ])('! %s', async (keywords, printsHamiltonian, method) => {
    const job = text.replace('! UKS B3LYP', `! ${keywords}`);
    const quiet = job.replace(/ Density Functional {5}Method[\s\S]*?LYP\n/, '');
    expect((await parseText(printsHamiltonian ? job : quiet)).levelOfTheory?.method).toBe(method);
  });
});
