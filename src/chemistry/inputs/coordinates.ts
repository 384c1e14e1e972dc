import { symbolOf } from '../elements.ts';
import type { Structure } from '../structure.ts';

/** One line an atom: element, x, y, z in Å. */
export function coordinateLines({ atomicNumbers, positionsAngstrom }: Structure): string[] {
  return atomicNumbers.map((z, atom) => {
    const position = Array.from(positionsAngstrom.subarray(3 * atom, 3 * atom + 3), decimalText);
    return ` ${symbolOf(z).padEnd(2)} ${position.map((text) => text.padStart(22)).join(' ')}`;
  });
}

/**
 * The shortest decimal that reads back as the same double, never with an exponent and always with a point: Gaussian takes an
 * integer for something else. Below 1e-6 Å it is cut at 20 decimals.
 */
export function decimalText(value: number): string {
  const text = String(value);
  if (Math.abs(value) < 1e-20) return '0.0';
  if (text.includes('e')) return value.toFixed(20).replace(/0+$/, '');
  return text.includes('.') ? text : `${text}.0`;
}
