/** A type that natural population analysis puts around a label, as in `Val(3s)`. */
const NATURAL_TYPE = /^(?:Cor|Val|Ryd)\((.*)\)$/i;
/** An s function (primed or starred where a basis has several), or a whole shell: `1S`, `3s'`, `3P`, `2SP`, `d`. */
const SPHERICAL = /^\d*(?:S|SP|[PDFGHI])['*]*$/i;

/**
 * Whether the population of a basis function changes when the cluster is turned. s functions are round and whole shells keep
 * their sum, but turning mixes the components of a p, d or higher shell, as every program names them: `2PX`, `2pz`, `5DXX`,
 * `5D0`, `3D+1`, `3dx2y2`, `4fzzz`. A label that is none of these counts as dependent: to be warned without need costs less
 * than to trust numbers that a rotation changes.
 */
export function dependsOnOrientation(label: string): boolean {
  return !SPHERICAL.test(label.replace(NATURAL_TYPE, '$1').trim());
}
