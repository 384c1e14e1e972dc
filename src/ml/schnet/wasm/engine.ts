import type { Structure } from '../../../chemistry/structure.ts';
import { NatriumError } from '../../../errors.ts';
import type { NamedTensors } from '../../safetensors.ts';
import { type AdamState, adamFactors, checkAdamState, clippingFactor } from '../adam.ts';
import {
  type BatchOutcome,
  checkBatch,
  type SchNetBatch,
  type SchNetEngine,
  type SchNetSession,
  type StepSize,
} from '../engine.ts';
import { checkSchNetHyperparameters, type SchNetHyperparameters } from '../hyperparameters.ts';
import { evaluateLoss, type SchNetLoss } from '../loss.ts';
import { checkWeights } from '../weights.ts';
import { DistanceGrid, GRID_ERROR } from './distance-grid.ts';
import { Network } from './network.ts';

/** Raised when a change of the arithmetic gives other bits, so that a training that is repeated says why it differs. */
const ARITHMETIC = 2;

/** The engine on WebAssembly: the same bits on every machine and every version of Node. */
export const wasmEngine: SchNetEngine = {
  name: 'wasm',
  backend: `WebAssembly SIMD, single precision, arithmetic ${ARITHMETIC}`,
  describeFilters(hyperparameters) {
    const { spacingAngstrom, mostNodes } = new DistanceGrid(hyperparameters);
    return `filters at up to ${mostNodes} distances ${spacingAngstrom.toFixed(4)} Å apart, Gaussians between them within ${GRID_ERROR}`;
  },
  open: (hyperparameters, weights) => new WasmSession(hyperparameters, weights),
};

class WasmSession implements SchNetSession {
  private network: Network | null;
  private steps = 0;

  constructor(hyperparameters: SchNetHyperparameters, weights: NamedTensors) {
    checkSchNetHyperparameters(hyperparameters);
    const checked = checkWeights(hyperparameters, weights, 'The weights');
    this.network = new Network({ ...hyperparameters });
    const { layout, weights: own } = this.network.parameters;
    layout.write(checked, own);
  }

  async predict(structures: readonly Structure[]): Promise<Float64Array[]> {
    const network = this.open();
    const outputs = network.predict(structures.map((structure) => network.geometries.of(structure)));
    let atom = 0;
    return structures.map(({ atomicNumbers }) => {
      const first = atom;
      atom += atomicNumbers.length;
      return Float64Array.from(outputs.subarray(first, atom));
    });
  }

  async gradients(batch: SchNetBatch, loss: SchNetLoss): Promise<BatchOutcome & { readonly gradients: NamedTensors }> {
    const outcome = this.differentiate(batch, loss);
    const { layout, gradients } = this.open().parameters;
    return { ...outcome, gradients: layout.read(gradients) };
  }

  async step(batch: SchNetBatch, loss: SchNetLoss, size: StepSize): Promise<BatchOutcome> {
    const outcome = this.differentiate(batch, loss);
    if (!Number.isFinite(outcome.loss)) return outcome;
    const { parameters } = this.open();
    const { gradients } = parameters;
    const factor = clippingFactor([gradients], size.largestGradientNorm);
    if (factor < 1) {
      for (let index = 0; index < gradients.length; index++) gradients[index] *= factor;
    }
    this.steps++;
    const { rate, correction } = adamFactors(this.steps, size.learningRate);
    parameters.step(rate, correction);
    return outcome;
  }

  async weights(): Promise<NamedTensors> {
    const { layout, weights } = this.open().parameters;
    return layout.read(weights);
  }

  async optimizerState(): Promise<AdamState> {
    const { layout, moments } = this.open().parameters;
    const [firstMoments, secondMoments] = moments.map((moment) => layout.read(moment));
    return { steps: this.steps, firstMoments, secondMoments };
  }

  restoreOptimizer(state: AdamState): void {
    const { layout, weights, moments } = this.open().parameters;
    checkAdamState(state, layout.read(weights));
    this.steps = state.steps;
    layout.write(state.firstMoments, moments[0]);
    layout.write(state.secondMoments, moments[1]);
  }

  dispose(): void {
    this.network = null;
  }

  private differentiate(batch: SchNetBatch, loss: SchNetLoss): BatchOutcome {
    checkBatch(batch);
    const network = this.open();
    const clusters = batch.structures.map((structure) => network.geometries.of(structure));
    const outputs = network.forward(clusters);
    const targets = new Float64Array(outputs.length);
    let atom = 0;
    for (const each of batch.targets) {
      targets.set(each, atom);
      atom += each.length;
    }
    const { derivative, ...outcome } = evaluateLoss(outputs, targets, loss);
    network.backward(derivative);
    return { ...outcome, outputs };
  }

  private open(): Network {
    if (this.network === null) throw new NatriumError('INVALID_STATE', 'This SchNet session was closed.');
    return this.network;
  }
}
