import type { Section } from '../cues.ts';

/** What the input says of one task; null for what it leaves to NWChem. */
export interface DeckTask {
  readonly charge: number | null;
  readonly multiplicity: number | null;
  readonly method: string | null;
  readonly basis: string | null;
  /** Atoms whose shieldings are asked for, counted from 1; null for all. */
  readonly shieldingAtoms: readonly number[] | null;
}

const END = /^\s*(?:={20,}\s*$|Northwest Computational Chemistry Package)/;
const MOST_TASKS = 1000;
const MOST_TAGS = 200;
const SCF_SPINS = ['singlet', 'doublet', 'triplet', 'quartet', 'quintet', 'sextet', 'septet', 'octet'];
/** The modules for molecules in Gaussian basis sets; others have directives of their own for charge and spin. */
const MOLECULAR = /^(so)?dft$|^scf$|mp2$|^r?ccsd|^tce$|^mcscf$|^selci$/;
const FIRST_WORD = /^\s*\S+/;
const WORDS = /"[^"]*"|\S+/g;
const USEFUL_BLOCKS = new Set(['dft', 'scf', 'basis', 'property']);
const BLOCKS = new Set('geometry basis ecp so dft scf property tce mp2 ccsd driver cosmo python qmmm nwpw'.split(' '));

/**
 * The input that NWChem repeats under `echo of input deck`. With `print low` it is the only place that names charge, spin,
 * functional and basis. Directives hold for all tasks after them.
 */
export class NwchemInputDeck {
  /** Null for tasks of other modules. */
  readonly tasks: (DeckTask | null)[] = [];
  /** Whether it goes on with the database of another run, so that what it leaves out is not NWChem's default. */
  isRestart = false;
  private block: string | null = null;
  private charge: number | null = null;
  private dftMultiplicity: number | null = null;
  private scfMultiplicity: number | null = null;
  private exchangeCorrelation: string | null = null;
  private reference: string | null = null;
  private readonly libraries = new Map<string, string>();
  private shieldingAtoms: readonly number[] | null = null;

  /** Reads the deck, up to the rule that ends it. */
  section(): Section {
    return {
      take: (text) => {
        if (END.test(text)) return false;
        const comment = text.indexOf('#');
        const line = comment < 0 ? text : text.slice(0, comment);
        if (line.includes(';')) for (const directive of line.split(';')) this.read(directive);
        else this.read(line);
        return true;
      },
    };
  }

  private read(directive: string): void {
    const keyword = FIRST_WORD.exec(directive)?.[0].trimStart().toLowerCase();
    // most lines of an input are of blocks that say nothing here
    if (keyword === undefined || (this.isOfNoUse && keyword !== 'end' && keyword !== 'task')) return;
    const rest = directive.match(WORDS)!.slice(1);
    if (keyword === 'end') this.block = null;
    else if (keyword === 'task') this.keepTask(rest[0]?.toLowerCase() ?? '');
    else if (this.block !== null) this.readInBlock(keyword, rest);
    else if (keyword === 'charge') this.charge = integerOf(rest[0]);
    else if (keyword === 'restart') this.isRestart = true;
    else if (BLOCKS.has(keyword)) this.open(keyword, rest);
  }

  private get isOfNoUse(): boolean {
    return this.block !== null && !USEFUL_BLOCKS.has(this.block);
  }

  private open(keyword: string, rest: readonly string[]): void {
    // other basis sets have a name of their own
    const isOther = keyword === 'basis' && /^"(?!ao basis")/i.test(rest.join(' '));
    this.block = isOther ? 'other basis' : keyword;
    if (this.block === 'basis') this.libraries.clear();
    if (this.block === 'property') this.shieldingAtoms = null;
  }

  private readInBlock(keyword: string, rest: readonly string[]): void {
    if (this.block === 'dft') {
      if (keyword === 'xc') this.exchangeCorrelation = rest.join(' ').toUpperCase() || null;
      if (keyword === 'mult') this.dftMultiplicity = spinOf(integerOf(rest[0]));
    } else if (this.block === 'scf') {
      if (SCF_SPINS.includes(keyword)) this.scfMultiplicity = SCF_SPINS.indexOf(keyword) + 1;
      if (keyword === 'nopen') this.scfMultiplicity = spinOf((integerOf(rest[0]) ?? Number.NaN) + 1);
      if (/^(rhf|uhf|rohf)$/.test(keyword)) this.reference = keyword.toUpperCase();
    } else if (this.block === 'basis') {
      if (rest[0]?.toLowerCase() === 'library' && this.libraries.size < MOST_TAGS) this.library(keyword, rest.slice(1));
    } else if (this.block === 'property' && keyword === 'shielding') {
      const [count, ...atoms] = rest.map(Number);
      this.shieldingAtoms = atoms.length === count && atoms.every(Number.isInteger) ? atoms : null;
    }
  }

  /** `* library 6-31G*`, `C library cc-pVDZ`, `H1 library H sto-3g file /path rel`. */
  private library(tag: string, words: readonly string[]): void {
    const end = words.findIndex((word) => /^(file|rel|except)$/i.test(word));
    const name = (end < 0 ? words : words.slice(0, end)).at(-1);
    if (name !== undefined) this.libraries.set(tag, name.replaceAll('"', ''));
  }

  private keepTask(theory: string): void {
    if (this.tasks.length === MOST_TASKS) return;
    if (!MOLECULAR.test(theory)) {
      this.tasks.push(null);
      return;
    }
    const isDft = theory.endsWith('dft');
    const names = new Set(this.libraries.values());
    this.tasks.push({
      charge: this.charge,
      multiplicity: isDft ? this.dftMultiplicity : this.scfMultiplicity,
      method: isDft ? this.exchangeCorrelation : theory === 'scf' ? this.reference : null,
      basis:
        names.size > 1
          ? [...this.libraries].map(([tag, name]) => `${tag} ${name}`).join(', ')
          : ([...names][0] ?? null),
      shieldingAtoms: this.shieldingAtoms,
    });
  }
}

function integerOf(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) ? value : null;
}

/** A negative one says that there are more beta electrons than alpha ones. */
function spinOf(multiplicity: number | null): number | null {
  return multiplicity === null || !Number.isInteger(multiplicity) ? null : Math.abs(multiplicity);
}
