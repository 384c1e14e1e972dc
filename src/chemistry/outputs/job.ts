import { NatriumError } from '../../errors.ts';
import { quotable } from './fields.ts';
import {
  type Fault,
  type Geometry,
  hasResults,
  nextStep,
  type OpenBlock,
  type Shieldings,
  type Step,
  sameGeometry,
} from './step.ts';

/** How a job, or the last task of it, ended. */
export type Termination = 'NORMAL' | 'ERROR' | 'UNFINISHED';

/** What happened when a job ended, as its output says it. */
export interface Ending {
  readonly termination: Termination;
  readonly line: number | null;
  readonly note: string | null;
}

const STILL_RUNNING: Ending = { termination: 'UNFINISHED', line: null, note: null };

/**
 * What has been read of one output. Of all the steps of an optimisation and of all tasks of a file it keeps only those that
 * may still be the result, so it needs no more memory for a long file than for a short one.
 */
export class Job {
  /** Number of the line that is being read, from 1. */
  line = 0;
  version: string | null = null;
  /** Further facts for the provenance. */
  readonly facts = new Map<string, string | number | boolean>();

  step: Step = nextStep(null, 1, 1, null);
  /** Last step with a complete block of shieldings, last one with an energy, last one with a geometry. */
  shielded: Step | null = null;
  private computed: Step | null = null;
  private placed: Step | null = null;
  shieldingBlocks = 0;
  /** The last block of shieldings that was begun, unless it is complete. */
  private block: OpenBlock | null = null;
  private blockIsOpen = false;
  ending: Ending = STILL_RUNNING;

  private taskNumber = 1;
  private taskHasContent = false;
  private warning: { readonly line: number; readonly text: string } | null = null;

  constructor(
    readonly fileName: string,
    readonly program: string,
  ) {}

  /** Tasks that the file holds, as far as they came. */
  get tasks(): number {
    return this.taskHasContent ? this.taskNumber : Math.max(1, this.taskNumber - 1);
  }

  /** The error to throw for a fault: it names file and line. */
  error({ code, message, line }: Fault): NatriumError {
    return new NatriumError(code, `${this.fileName}, line ${line}: ${quotable(message, 400)}`, {
      file: this.fileName,
      line,
    });
  }

  /** Another task begins; it starts from the geometry of the last one only if the program does not print it again. */
  startTask(keepGeometry: boolean): void {
    this.seal();
    this.blockIsOpen = false;
    if (this.taskHasContent) this.taskNumber += 1;
    this.taskHasContent = false;
    this.ending = STILL_RUNNING;
    this.warning = null;
    this.step = nextStep(this.step, this.taskNumber, this.line, keepGeometry ? this.step.geometry : null);
  }

  /**
   * The step gets its geometry; if it has results already and this geometry is another one, another step begins. One that is
   * that of the step computed last goes on with it: programs print the geometry again when an optimisation is over, perhaps
   * in another frame first, and its populations after that.
   */
  place(geometry: Geometry, alwaysAnotherStep: boolean): void {
    this.taskHasContent = true;
    const { step, computed } = this;
    if (hasResults(step)) {
      if (!alwaysAnotherStep && step.geometry !== null && sameGeometry(step.geometry, geometry)) {
        if (step.geometry.frame === geometry.frame) step.geometry = geometry;
        return;
      }
      this.seal();
      this.step = nextStep(step, step.task, step.taskLine, geometry);
    } else if (
      !alwaysAnotherStep &&
      computed?.geometry?.frame === geometry.frame &&
      computed.task === step.task &&
      sameGeometry(computed.geometry, geometry)
    ) {
      this.step = computed;
      computed.geometry = geometry;
    } else {
      step.geometry = geometry;
    }
  }

  setEnergy(energyHartree: number): void {
    this.taskHasContent = true;
    this.step.energyHartree = energyHartree;
    this.step.correlated = null;
  }

  setShieldings(shieldings: Shieldings): void {
    this.taskHasContent = true;
    this.step.shieldings = shieldings;
    this.shieldingBlocks += 1;
    this.block = null;
    this.blockIsOpen = false;
  }

  beginShieldings(block: OpenBlock): void {
    this.taskHasContent = true;
    this.block = block;
    this.blockIsOpen = true;
  }

  /** Why the last block of shieldings is no result; null if it is one, or if there is none. */
  get brokenShieldings(): Fault | null {
    return this.block?.fault() ?? null;
  }

  /** A line cannot be right: it spoils the block of shieldings that is being read, else the whole step. */
  spoil(fault: Fault): void {
    this.taskHasContent = true;
    if (this.blockIsOpen) {
      this.block?.spoil(fault);
      this.blockIsOpen = false;
    } else {
      this.step.fault ??= fault;
    }
  }

  /** Something that may explain an end that follows, such as an SCF that did not converge. */
  warn(text: string): void {
    this.warning = { line: this.line, text: quotable(text) };
  }

  endNormally(): void {
    this.ending = { termination: 'NORMAL', line: this.line, note: null };
  }

  /** The program says that it gave up. The first thing it says is kept: what follows are consequences. */
  endWithError(text: string): void {
    if (this.ending.termination === 'ERROR') return;
    this.taskHasContent = true;
    const own = quotable(text);
    const note = this.warning === null ? own : `${this.warning.text} | ${own}`;
    this.ending = { termination: 'ERROR', line: this.warning?.line ?? this.line, note };
  }

  /** The step that is the result: the last with shieldings, else the last with an energy, else the last with a geometry. */
  result(): Step | null {
    this.seal();
    return this.shielded ?? this.computed ?? this.placed;
  }

  private seal(): void {
    const { step } = this;
    if (step.shieldings !== null) this.shielded = step;
    if (step.energyHartree !== null && step.geometry !== null) this.computed = step;
    if (step.geometry !== null) this.placed = step;
  }
}
