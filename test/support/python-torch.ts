import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Python with PyTorch and safetensors that scripts/python-torch.sh has made; undefined when there is none. */
export function findPythonWithTorch(): string | undefined {
  const cache = process.env.TEST_CACHE_FOLDER || join(homedir(), '.cache', 'natrium');
  const python = join(cache, 'python-torch', 'bin', 'python');
  return spawnSync(python, ['-c', 'import torch, safetensors']).status === 0 ? python : undefined;
}
