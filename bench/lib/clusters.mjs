/** Clusters of sodium on a lattice in extXYZ, with invented tensors, which have as many digits as computed ones. */
export function clusters(first, count, atoms) {
  let state = first + 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const edge = Math.ceil(Math.cbrt(atoms));
  return Array.from({ length: count }, (_, i) => {
    const rows = Array.from({ length: atoms }, (_, atom) => {
      const site = [atom % edge, Math.floor(atom / edge) % edge, Math.floor(atom / edge ** 2)];
      const position = site.map((each) => 3.5 * each + 0.3 * random());
      const tensor = Array.from({ length: 9 }, (_, k) => (k % 4 === 0 ? 500 : 0) + 100 * random());
      return `Na ${[...position, ...tensor].join(' ')}\n`;
    });
    const keys = `id=bench-${first + i} split=train charge=0 multiplicity=1 energy_hartree=-${first + i}.125`;
    const level = 'program=invented program_version=1 method=none basis=none';
    return `${atoms}\nProperties=species:S:1:pos:R:3:ms_shielding:R:9 pbc="F F F" ${keys} ${level}\n${rows.join('')}`;
  }).join('');
}
