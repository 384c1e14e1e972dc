import { symbolOf } from '../elements.ts';
import { quote, quoteIfNeeded } from '../extxyz/comment.ts';
import { structureHash } from '../structure-identity.ts';
import type { InputBasis, InputJob, InputMethod } from './job.ts';
import { CLUSTER_KEY } from './name-tag.ts';

/** `b3lypg` has VWN's functional as in Gaussian, in every version of PySCF. */
const FUNCTIONALS: Readonly<Record<InputMethod, string>> = { B3LYP: 'b3lypg', PBE0: 'pbe0', PBE: 'pbe' };
const BASES: Readonly<Record<InputBasis, string>> = {
  '6-31G': '6-31g',
  '6-31G(d)': '6-31g(d)',
  '6-31G(d,p)': '6-31g(d,p)',
  '6-31+G(d)': '6-31+g(d)',
};

/**
 * A Python script for PySCF 2 with pyscf-properties: GIAO shieldings and gross orbital populations, Cartesian d functions, no
 * density fitting, in the frame given. It writes extended XYZ with the columns and keys that `parseExtxyz` reads, into a file of
 * its own name; positions come back as the same doubles. Populations are labelled as Gaussian labels them (up to argon). Without
 * convergence it writes nothing and ends with an error.
 */
export function pyscfInput(job: InputJob): string {
  const { structure } = job;
  const atoms = structure.atomicNumbers.map((z, atom) => {
    const position = Array.from(structure.positionsAngstrom.subarray(3 * atom, 3 * atom + 3), String);
    return `    ("${symbolOf(z)}", (${position.join(', ')})),`;
  });
  const method = `${job.isUnrestricted ? 'U' : 'R'}${job.method}`;
  const keys = [
    ...(job.label === null || job.label === '' ? [] : [`id=${quoteIfNeeded(job.label)}`]),
    `charge=${structure.charge}`,
    `multiplicity=${structure.multiplicity}`,
    `method=${quote(method)}`,
    `basis=${quote(job.basis)}`,
    'shielding_gauge=GIAO',
    `${CLUSTER_KEY}=${quote(structureHash(structure))}`,
  ];
  return `#!/usr/bin/env python3
# ${job.tag}
# Tried with: pip install pyscf==2.6.2 pyscf-properties==0.1.0 "numpy<2"
import sys

import numpy
import pyscf
from pyscf import dft, gto, lib
from pyscf.dft import numint
from pyscf.prop import nmr

OUTPUT = "${job.name}.extxyz"
KEYS = ${pythonString(keys.join(' '))}
ATOMS = [
${atoms.join('\n')}
]
${job.processors === null ? '' : `\nlib.num_threads(${job.processors})\n`}
mol = gto.M(
    atom=ATOMS,
    unit="Angstrom",
    charge=${structure.charge},
    spin=${structure.multiplicity - 1},
    basis="${BASES[job.basis]}",
    cart=True,
    verbose=4,
)
${job.memoryMegabytes === null ? '' : `mol.max_memory = ${job.memoryMegabytes}\n`}mf = dft.${job.isUnrestricted ? 'UKS' : 'RKS'}(mol)
mf.xc = "${FUNCTIONALS[job.method]}"
mf.grids.level = 4
# pyscf-properties cuts the grid into blocks of this size and fails on a remainder
mf.grids.alignment = numint.BLKSIZE
mf.conv_tol = 1e-9
mf.max_cycle = 200

${job.mixesGuess ? MIXED_GUESS : 'mf.kernel()\n'}${job.stabilityCheck ? STABILITY : ''}if not mf.converged:
    sys.exit("the energy did not converge; nothing is written")

tensors = nmr.${job.isUnrestricted ? 'uks' : 'rks'}.NMR(mf).kernel()
${POPULATIONS}
${output(job.isUnrestricted)}`;
}

const MIXED_GUESS = `# HOMO and LUMO of one spin are mixed by 45 degrees, of the other by -45, as Gaussian's guess=mix does
guess = mf.get_init_guess()
_, orbitals = mf.eig(mf.get_fock(dm=guess), mf.get_ovlp())
homo = mol.nelec[0] - 1
density = []
for sign in (1, -1):
    occupied = numpy.array(orbitals[0][:, : homo + 1])
    if homo + 1 < orbitals[0].shape[1]:
        occupied[:, homo] = (orbitals[0][:, homo] + sign * orbitals[0][:, homo + 1]) / numpy.sqrt(2)
    density.append(occupied @ occupied.T)
mf.kernel(dm0=numpy.array(density))
`;

const STABILITY = `for attempt in range(10):
    orbitals, _, is_stable, _ = mf.stability(return_status=True)
    if is_stable:
        break
    mf.kernel(dm0=mf.make_rdm1(orbitals, mf.mo_occ))
else:
    sys.exit("no stable solution was found; nothing is written")
`;

const POPULATIONS = `
# Mulliken's gross orbital populations. Shells are counted as Gaussian does up to argon: s and p share a number where
# they share exponents, d functions (and p functions of hydrogen) count on after the s shells
density = mf.make_rdm1()
total = density if density.ndim == 2 else density[0] + density[1]
gross = numpy.einsum("ij,ji->i", total, mol.intor("int1e_ovlp"))
s_shells = [0] * mol.natm
for shell in range(mol.nbas):
    if mol.bas_angular(shell) == 0:
        s_shells[mol.bas_atom(shell)] += mol.bas_nctr(shell)
COMPONENTS = {"s": [""], "p": ["x", "y", "z"], "d": ["xx", "yy", "zz", "xy", "xz", "yz"]}
populations = [{} for _ in range(mol.natm)]
order = {}
for (atom, _, shell, component), value in zip(mol.ao_labels(fmt=None), gross):
    number, kind = int(shell[:-1]), shell[-1]
    if kind not in COMPONENTS:
        sys.exit("the basis has %s functions, which have no label here; nothing is written" % kind)
    if kind == "d":
        number += s_shells[atom] - 2
    elif kind == "p" and mol.atom_charge(atom) <= 2:
        number += s_shells[atom] - 1
    label = "%d%s%s" % (number, kind.upper(), component.upper())
    order[label] = (number, "spd".index(kind), COMPONENTS[kind].index(component))
    populations[atom][label] = value
labels = sorted(order, key=order.get)
`;

function output(isUnrestricted: boolean): string {
  const spin = isUnrestricted ? 'mf.spin_square()[0]' : '0.0';
  return `with open(OUTPUT, "w", encoding="utf-8") as file:
    columns = "species:S:1:pos:R:3:ms_shielding:R:9:sigma_iso:R:1:gop:R:%d" % len(labels)
    print(len(ATOMS), file=file)
    print(
        'Properties=%s pbc="F F F" %s energy_hartree=%r spin_squared=%r program=PySCF program_version="%s" gop_labels="%s"'
        % (columns, KEYS, float(mf.e_tot), float(${spin}), pyscf.__version__, " ".join(labels)),
        file=file,
    )
    for atom, (symbol, position) in enumerate(ATOMS):
        tensor = tensors[atom]
        numbers = [*position, *tensor.ravel(), numpy.trace(tensor) / 3]
        numbers += [populations[atom].get(label, float("nan")) for label in labels]
        print(symbol, *(repr(float(number)) for number in numbers), file=file)
`;
}

/** A Python literal in ASCII; half a surrogate pair, which no file can hold, becomes U+FFFD. */
function pythonString(text: string): string {
  const escaped = Array.from(text.replace(/\p{Cs}/gu, '\uFFFD'), (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    const code = character.codePointAt(0)!;
    return code >= 32 && code < 127 ? character : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
