import { parseNameTag } from '../inputs/name-tag.ts';
import { alike, type Cue, type Dialect, note, type Section } from './cues.ts';
import { fileNameOf } from './fields.ts';
import type { Job } from './job.ts';
import { nwchemBasis } from './nwchem/basis.ts';
import { nwchemExchangeCorrelation } from './nwchem/exchange-correlation.ts';
import { nwchemFieldGradients } from './nwchem/field-gradient.ts';
import { NwchemGeometry } from './nwchem/geometry.ts';
import { NwchemInputDeck } from './nwchem/input-deck.ts';
import { NwchemPopulations } from './nwchem/populations.ts';
import { nwchemScfCues } from './nwchem/scf.ts';
import { NwchemShieldings } from './nwchem/shieldings.ts';

/** What NWChem says shortly before it gives up. */
const EXPLANATIONS = [
  'Calculation failed to converge',
  'This type of error',
  'current input line',
  'SCF failed to converge',
];
const LAST_WORDS = ['There is an error', 'This error has not yet been assigned', 'For more information see the NWChem'];

/** Outputs of NWChem 6 and 7. */
export function nwchemDialect(job: Job): Dialect {
  const shieldings = new NwchemShieldings(job);
  const gradients = nwchemFieldGradients(job);
  let deck: NwchemInputDeck | null = null;
  let tasksBegun = 0;

  /** Titles of jobs whose orbitals a task reads may follow its own. */
  let titleIsDue = true;

  /** A title as we write it. */
  function title(text: string): void {
    if (titleIsDue) job.step.nameTag = parseNameTag(text) ?? job.step.nameTag;
    titleIsDue = false;
  }

  function readDeck(): Section {
    deck = new NwchemInputDeck();
    tasksBegun = 0;
    return deck.section();
  }

  /** A task begins. What the input says of it and not of the one before holds until the task says it itself. */
  function startTask(): void {
    job.startTask(true);
    titleIsDue = true;
    tasksBegun += 1;
    const told = deck?.tasks[tasksBegun - 1];
    if (deck === null || told === null || told === undefined) return;
    const before = deck.tasks[tasksBegun - 2];
    const { step } = job;
    const unsaid = deck.isRestart ? null : 0;
    if (step.charge === null || told.charge !== before?.charge) step.charge = told.charge ?? unsaid;
    if (step.multiplicity === null || told.multiplicity !== before?.multiplicity) {
      step.multiplicity = told.multiplicity ?? (deck.isRestart ? null : 1);
    }
    if (told.method !== before?.method) step.method = told.method ?? step.method;
    if (told.basis !== before?.basis) step.basis = told.basis ?? step.basis;
    shieldings.choose(told.shieldingAtoms);
  }

  const cues: Cue[] = [
    {
      start: 'Northwest Computational Chemistry Package (NWChem)',
      see: note((text) => {
        // outputs of several runs may stand in one file
        if (job.version !== null) job.startTask(false);
        if (tasksBegun > 0) deck = null;
        tasksBegun = 0;
        job.step.nameTag = null;
        job.version = /\(NWChem\)\s+(\S+)/.exec(text)?.[1] ?? null;
      }),
    },
    { start: '============================== echo of input deck', see: readDeck },
    // the rule above the input is lost in some files
    { start: 'start ', see: () => (job.version === null && deck === null ? readDeck() : null) },
    { start: 'NWChem Input Module', see: note(startTask) },
    { start: 'input           =', see: note((text) => (job.step.title = fileNameOf(text.slice(17)))) },
    { start: 'natrium ', see: note(title) },
    { start: 'Geometry "', see: () => new NwchemGeometry(job) },
    { start: 'Summary of "ao basis"', see: () => nwchemBasis(job) },
    { start: 'XC Information', see: () => nwchemExchangeCorrelation(job) },
    ...nwchemScfCues(job),
    { start: 'Chemical Shielding Tensors (GIAO', see: note(() => shieldings.begin()) },
    { start: 'Atom: ', see: note((text) => shieldings.beginAtom(text)) },
    { start: 'Total Shielding Tensor', see: () => shieldings.totalTensor() },
    { start: 'isotropic =', see: note((text) => shieldings.isotropic(text)) },
    { start: 'Task  times', see: note(() => shieldings.finish()) },
    { start: 'Atom      X', see: () => gradients.atomTable() },
    { start: 'Electric field gradient in molecular frame', see: () => gradients.tensorTable() },
    {
      start: '----- Total',
      see: (text) => (/^----- Total\s+gross population in ao -----$/.test(text) ? new NwchemPopulations(job) : null),
    },
    ...alike(
      EXPLANATIONS,
      note((text) => job.warn(text)),
    ),
    ...alike(
      LAST_WORDS,
      note((text) => job.endWithError(text)),
    ),
    { start: 'Total times  cpu:', endsFile: true, see: note(() => job.endNormally()) },
  ];
  return { cues };
}
