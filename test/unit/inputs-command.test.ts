import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeInputFiles } from '../../src/commands/inputs.ts';
import { NatriumError } from '../../src/errors.ts';

const XYZ = `2
id=a
Na 0 0 0
Na 0 0 3
1
id=caesium
Cs 0 0 0
2
id=torn
Na 0 0
Na 0 0 3
2
id=A
Na 0 0 0
Na 0 0 3
1
id=b
Na 0 0 0
`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'natrium inputs '));
  file = join(folder, 'five.xyz');
  writeFileSync(file, XYZ);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The lines printed and, if it failed, the error meant for users. */
async function run(...args: string[]): Promise<{ printed: string; message: string | null }> {
  const printed: string[] = [];
  try {
    await writeInputFiles(args, (line) => printed.push(line));
    return { printed: printed.join('\n'), message: null };
  } catch (error) {
    if (!(error instanceof NatriumError)) throw error;
    return { printed: printed.join('\n'), message: error.message };
  }
}

describe('natrium inputs --from FILE', () => {
  it('writes those structures that can have one, each once, and answers for the others', async () => {
    const into = join(folder, 'new', 'folder');
    const args = ['--program', 'Orca', '--from', file, '--method', 'pbe0', '--memory-megabytes', '4000', into];
    const { printed, message } = await run(...args);
    expect(printed).toBe(`2 inputs written to ${into}`);
    expect(message).toMatch(/^Atom 1 of caesium-[0-9a-f]{16} is Cs.*\(and 1 more structures have no input\)$/);
    const names = readdirSync(into);
    expect(names.map((name) => name.replace(/[0-9a-f]{16}/, '#'))).toEqual(['a-#.inp', 'b-#.inp']);
    expect(readFileSync(join(into, names[0]), 'utf8')).toMatch(/UKS PBE0 [\s\S]*%maxcore 3000/);
    expect((await run(...args)).printed).toBe(`0 inputs written to ${into}, 2 were there`);
  });

  it('reads any known file', async () => {
    const into = join(folder, 'output');
    const { message } = await run(
      '--program',
      'pyscf',
      '--from',
      'test/fixtures/outputs/nwchem7-na2-name-tag.out',
      into,
    );
    expect(message).toBeNull();
    expect(readdirSync(into)).toEqual([expect.stringMatching(/^na02-ti-1-[0-9a-f]{16}\.py$/)]);
  });
});

describe('natrium inputs refuses', () => {
  it.each([
    ['no program', ['x'], /^name a program/],
    ['another program', ['--program', 'vasp', 'x'], /^--program is "vasp"; give one of GAUSSIAN, NWCHEM, ORCA, PYSCF/],
    ['no folder', ['--program', 'orca'], /^name one folder/],
    ['two folders', ['--program', 'orca', 'x', 'y'], /^name one folder/],
    ['an unknown option', ['--program', 'orca', '--speed', 'x'], /^Unknown option '--speed'; natrium inputs --help/],
    ['a value left out', ['--program'], /^Option '--program <value>' argument missing;/],
    ['no number', ['--program', 'orca', '--processors', '1e9', 'x'], /^--processors is "1e9"/],
    ['no size', ['--program', 'orca', '--filter-size', '2,,3', 'x'], /^--filter-size is ""/],
    [
      'two origins',
      ['--program', 'orca', '--from', 'a', '--dataset', 'b/1', 'x'],
      /^give only one of --from and --dataset/,
    ],
    ['a file that is not there', ['--program', 'orca', '--from', '/no/such', 'x'], /^cannot read \/no\/such/],
    ['a folder as a file', ['--program', 'orca', '--from', '.', 'x'], /^cannot read \./],
  ])('%s', async (_, args, message) => {
    expect((await run(...args)).message).toMatch(message);
  });

  it('a folder that is a file', async () => {
    expect((await run('--program', 'orca', '--from', file, file)).message).toMatch(/^cannot make the folder/);
  });

  it('nothing where help is asked for', async () => {
    expect((await run('--help')).printed).toMatch(/^usage: natrium inputs --program NAME/);
  });
});
