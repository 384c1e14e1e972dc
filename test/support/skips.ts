import { describe } from 'vitest';

/** Everything a test may be skipped for: what is missing, and how to get it. No test is skipped for anything else. */
export const SKIPS: Record<string, string> = {
  chromium: 'no Chromium: install it (Debian: apt-get install chromium) or name one by CHROMIUM_PATH',
  minio: 'needs MinIO: run scripts/s3-servers.sh minio, which needs Go',
  mount: 'needs to run as root, where it may mount a small disk',
  root: 'needs to run as root, to start programs under another user',
  shared: 'needs the outputs of ../shared/data/logs beside the project, which it does not contain',
  tensorflow:
    'needs native TensorFlow: run scripts/native-tensorflow.mjs on Node 20 or 22; it needs python3 with pip, and g++',
  torch: 'needs a Python with PyTorch and safetensors: run scripts/python-torch.sh',
  versitygw: 'needs versitygw: run scripts/s3-servers.sh versitygw, which needs Go',
};

/** The reason to put into the name of a skipped test, so that a run shows it. */
export function missing(key: keyof typeof SKIPS): string {
  const reason = SKIPS[key];
  if (reason === undefined) throw new Error(`${key} is not among the named reasons for a skip`);
  return `skipped: ${reason}`;
}

/** A `describe` whose tests run if `available`, and else are skipped with the reason in the name. */
export function skipUnless(available: boolean, key: keyof typeof SKIPS): (name: string, body: () => void) => void {
  return (name, body) => (available ? describe(name, body) : describe.skip(`${name} (${missing(key)})`, body));
}
