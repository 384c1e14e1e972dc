import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.cache');

/**
 * A Python that has a package of PyPI, such as `cclib==1.8.1`, in an environment of its own; ends the benchmark without.
 * @param module what it is imported as, if not by its name
 */
export function pythonWith(requirement, module) {
  const [name] = requirement.split('==');
  const environment = join(CACHE, `bench-${name}`);
  const python = join(environment, 'bin', 'python');
  if (existsSync(python) && spawnSync(python, ['-c', `import ${module ?? name}`]).status === 0) return python;
  for (const [command, args] of [
    ['python3', ['-m', 'venv', environment]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]],
  ]) {
    const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) {
      console.error(
        `${requirement} is the peer, but ${command} ${args[1]} failed: ${error?.message ?? `exit ${status}`}`,
      );
      process.exit(1);
    }
  }
  return python;
}

const TORCH = 'torch==2.11.0';

/**
 * A Python that has PyTorch: Debian's (`apt-get install --no-install-recommends python3-torch libopenblas0`, 154 MB) or any other
 * that is installed, else PyPI's, which is a download of 2.7 GB.
 */
export function pythonWithTorch() {
  const installed = ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import torch']).status === 0,
  );
  return installed ?? pythonWith(TORCH);
}
