import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { NatriumError } from '../errors.ts';
import type { Filter } from '../registry/ports.ts';
import { calculationInputs } from '../registry/structures/calculation-inputs.ts';
import {
  CalculationInput,
  CalculationInputConnection,
  CalculationInputsArgs,
  inputOptionsOf,
} from '../schema/calculation-inputs.ts';
import { filterOfInput } from '../schema/filters.ts';
import { idOf } from '../schema/ids.ts';
import type { RequestContext } from './context.ts';
import { connection, MOST_PER_PAGE, pageOf } from './paging.ts';

@Resolver(() => CalculationInput)
export class CalculationInputResolver {
  @Query(() => CalculationInputConnection, {
    description:
      'Inputs of Gaussian, NWChem, ORCA or PySCF for clusters, in the order these were made. Import what they give with ' +
      'importCalculations: it is tied to the same cluster. `natrium inputs` writes whole sets as files.',
  })
  async calculationInputs(
    @Args(() => CalculationInputsArgs) args: CalculationInputsArgs,
    @Ctx() { registry, load }: RequestContext,
  ) {
    const filter = filterOfInput(args.filter);
    const page = await pageOf(
      registry.store.clusters,
      args,
      args.clusters == null
        ? filter
        : { and: [await among(args.clusters, load), ...(filter === null ? [] : [filter])] },
    );
    const items = calculationInputs(args.program, page.items, inputOptionsOf(args));
    return connection({ ...page, items }, ({ cluster }) => cluster.id);
  }
}

/** Throws NOT_FOUND if one of the clusters does not exist. */
async function among(clusters: readonly string[], load: RequestContext['load']): Promise<Filter> {
  if (clusters.length > MOST_PER_PAGE) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `clusters names ${clusters.length}; give at most ${MOST_PER_PAGE} at once, or a filter`,
    );
  }
  const ids = clusters.map((id) => idOf('Cluster', id));
  await Promise.all(ids.map((id) => load.clusters.load(id)));
  return { id: { in: ids } };
}
