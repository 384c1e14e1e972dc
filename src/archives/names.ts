import { hash } from 'node:crypto';

const CONTROL = /\p{Cc}/u;
const NOT_SHOWN = /[\p{Cc}\p{Cs}]/gu;
const SHOWN_LENGTH = 200;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const windows1252 = new TextDecoder('windows-1252');

/** The bytes as UTF-8, or null if they are not. */
export function utf8OrNull(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** A name in an unknown encoding: UTF-8 if it can be, else Windows-1252, which any bytes are. */
export function decodedName(bytes: Uint8Array): string {
  return utf8OrNull(bytes) ?? windows1252.decode(bytes);
}

/** A name as errors and reports may show it: no control characters, not endless. */
export function shownName(name: string): string {
  const shown = name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name;
  return shown.replace(NOT_SHOWN, '\ufffd');
}

/** `name` without the segments that mean nothing, as in `./a//b`. */
export function plainName(name: string): string {
  return name
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/** Whether this is what macOS adds to archives. */
export function isByMacOs(name: string): boolean {
  const segments = name.split('/');
  const last = segments[segments.length - 1];
  return segments.includes('__MACOSX') || last.startsWith('._') || last === '.DS_Store';
}

/** Why a name is refused; null if it is not. Remembers the names that it let pass, to refuse their like. */
export type NameRegister = (name: string) => string | null;

export function nameRegister(nameLength: number): NameRegister {
  // digests, because a million names of full length would take gigabytes
  const taken = new Set<string>();
  return (name) => {
    if (name.length > nameLength) return `its name is longer than ${nameLength.toLocaleString('en')} characters`;
    if (CONTROL.test(name)) return 'its name has control characters';
    if (name.includes('\\')) return 'its name has a backslash; names have / between folders';
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'its name is absolute; names start in the archive';
    if (name.split('/').includes('..')) return 'its name leads out of the archive by ..';
    const plain = plainName(name);
    if (plain === '') return 'it has no name';
    const digest = hash('sha256', plain, 'base64').slice(0, 20);
    if (taken.has(digest)) return 'an earlier entry has the same name';
    taken.add(digest);
    return null;
  };
}
