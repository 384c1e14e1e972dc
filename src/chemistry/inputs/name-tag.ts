import type { Structure } from '../structure.ts';
import { formulaOf, structureHash } from '../structure-identity.ts';

/** Gaussian takes five lines of 80 characters for a title; a longer label is left out, and the identity ties alone. */
const LONGEST_TAG_LABEL = 180;
const LONGEST_SLUG = 60;
const IDENTITY_DIGITS_IN_NAMES = 16;

/** Key of provenance, and of what the PySCF script writes: `structureHash` of the structure that an input was written for. */
export const CLUSTER_KEY = 'natrium_cluster';

/** What a name tag says: which structure an input was written for, and under which name. */
export interface NameTag {
  /** `structureHash` of the structure. */
  readonly identitySha256: string;
  readonly label: string | null;
}

/**
 * A line that ties an output to its cluster: `natrium <identity sha256> (<label>)`. Inputs carry it where their program
 * repeats it: Gaussian's and NWChem's title, a comment in ORCA's input. What the PySCF script writes has keys of its own.
 *
 * It holds letters, digits, `.`, `%`, brackets and spaces only, so it means nothing to any program: every other character of
 * the label stands as `%` and two hexadecimal digits for each byte of its UTF-8. A label that would take more than 180
 * characters is left out.
 */
export function nameTag(structure: Structure, label: string | null = null): string {
  const encoded = label === null ? '' : encodeLabel(label);
  const suffix = encoded === '' || encoded.length > LONGEST_TAG_LABEL ? '' : ` (${encoded})`;
  return `natrium ${structureHash(structure)}${suffix}`;
}

/** The first name tag in a text, or null. Spaces and line ends inside it, where a program broke a long line, do not matter. */
export function parseNameTag(text: string): NameTag | null {
  const match = /\bnatrium\s{1,4}((?:[0-9a-f]\s{0,4}){64})(?![0-9a-f])(?:\(([A-Za-z0-9.%\s]{1,300})\))?/.exec(text);
  if (match === null) return null;
  const [identitySha256, encoded] = [match[1], match[2] ?? ''].map((part) => part.replace(/\s/g, ''));
  return { identitySha256, label: decodeLabel(encoded) };
}

/**
 * A file name without an extension that is safe on every file system and in every input: the label's letters, digits, `_` and
 * `-` (the formula if nothing is left), a hyphen, and the first 16 hexadecimal digits of the structure's identity. At most 77
 * characters, none of them a dot, a space or a separator.
 */
export function fileNameFor(structure: Structure, label: string | null = null): string {
  const slug = (label ?? '')
    .slice(0, 4 * LONGEST_SLUG)
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, LONGEST_SLUG)
    .replace(/[-_]+$/, '');
  const formula = formulaOf(structure.atomicNumbers).slice(0, LONGEST_SLUG);
  return `${slug === '' ? formula : slug}-${structureHash(structure).slice(0, IDENTITY_DIGITS_IN_NAMES)}`;
}

function encodeLabel(label: string): string {
  return [...Buffer.from(label, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9.]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function decodeLabel(encoded: string): string | null {
  if (encoded === '') return null;
  try {
    const label = decodeURIComponent(encoded);
    // a database takes no NUL
    return label.includes('\0') ? null : label;
  } catch {
    return null;
  }
}
