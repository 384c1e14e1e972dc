import { nameTag } from '../../src/chemistry/inputs/input-writer.ts';
import type { Structure } from '../../src/chemistry/structure.ts';
import { fixture } from './outputs.ts';

/** The fixture of Gaussian with another title, broken as Gaussian breaks it. */
export function gaussianWithTitle(title: string): string {
  const lines = title.match(/.{1,70}/g) ?? [];
  const rule = '-'.repeat(Math.min(70, title.length));
  const box = [rule, ...lines, rule].map((line) => ` ${line}\n`).join('');
  return fixture('gaussian16-na2-nmr-pop-full.out').replace(' ---------\n na02-0001\n ---------\n', box);
}

/** The fixture of Gaussian as the output of an input for a structure, in its frame, perhaps with the tag of another one. */
export function gaussianOutputFor(structure: Structure, label: string, tagged = structure): string {
  const { positionsAngstrom } = structure;
  const rows = structure.atomicNumbers.map((z, atom) => {
    const position = [...positionsAngstrom.subarray(3 * atom, 3 * atom + 3)].map((x) => x.toFixed(6).padStart(12));
    return `${String(atom + 1).padStart(7)}${String(z).padStart(11)}           0    ${position.join('')}\n`;
  });
  return gaussianWithTitle(nameTag(tagged, label))
    .replace(/ {26}Standard orientation:[\s\S]*?(?= Standard basis:)/, '')
    .replace(/( {26}Input orientation:(?:.*\n){5})(?:.*\n){2}/, (_, heading: string) => heading + rows.join(''));
}

/** The fixture of ORCA with a comment before its keywords. */
export function orcaWithComment(comment: string): string {
  return fixture('orca6-na2-nmr-efg.out').replace('|  1> ! UKS', `|  1> # ${comment}\n|  2> ! UKS`);
}
