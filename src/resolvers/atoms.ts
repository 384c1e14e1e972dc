import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { atomicNumberOf, symbolOf } from '../chemistry/elements.ts';
import { dependsOnOrientation } from '../chemistry/orbital-labels.ts';
import { tensorParameters } from '../chemistry/tensor-parameters.ts';
import { NatriumError } from '../errors.ts';
import type * as records from '../registry/records.ts';
import {
  Atom,
  AtomConnection,
  AtomFilter,
  Calculation,
  Cluster,
  ShieldingTensorParameters,
} from '../schema/clusters.ts';
import { PageArgs } from '../schema/common.ts';
import type { RequestContext } from './context.ts';
import { checkFirst, connection, fromCursor } from './paging.ts';

/** An atom with the records that it was made of. */
interface AtomOf extends Atom {
  readonly cluster: records.Cluster;
  readonly calculation: records.Calculation | null;
}

export function atomOf(cluster: records.Cluster, calculation: records.Calculation | null, index: number): AtomOf {
  const atomicNumber = cluster.atomicNumbers[index];
  const { shieldingTensorsPpm: tensors = null, populationLabels: labels = null } = calculation ?? {};
  const populations = calculation?.grossOrbitalPopulations ?? null;
  return {
    index,
    element: symbolOf(atomicNumber),
    atomicNumber,
    positionAngstrom: cluster.positionsAngstrom.slice(3 * index, 3 * index + 3),
    shieldingPpm: calculation?.shieldingsPpm[index] ?? null,
    shieldingTensorPpm: tensors === null ? null : tensors.slice(9 * index, 9 * index + 9),
    grossOrbitalPopulations:
      labels === null || populations === null
        ? null
        : labels
            .map((label, i) => ({
              label,
              electrons: populations[index * labels.length + i],
              dependsOnOrientation: dependsOnOrientation(label),
            }))
            .filter(({ electrons }) => !Number.isNaN(electrons)),
    cluster,
    calculation,
  };
}

@Resolver(() => Atom)
export class AtomResolver {
  @Query(() => AtomConnection, { description: 'Atoms of a data set version by their values, in its order.' })
  async atoms(
    @Arg('datasetVersion', () => String) reference: string,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('filter', () => AtomFilter, { nullable: true }) filter: AtomFilter | null,
    @Ctx() { registry, load }: RequestContext,
  ) {
    checkFirst(args.first);
    const version = await registry.references.datasetVersion(reference);
    const element = filter?.element;
    const atomicNumber = element == null ? null : (atomicNumberOf(element) ?? null);
    if (element != null && atomicNumber === null) {
      throw new NatriumError('UNKNOWN_ELEMENT', `${JSON.stringify(element)} is not an element symbol, such as Na`);
    }
    const [position, index] = args.after == null ? [] : fromCursor(args.after, /^\d{1,9}-\d{1,9}$/).split('-');
    const page = await registry.store.versionMembers.searchAtoms({
      datasetVersionId: version.id,
      split: filter?.split ?? null,
      atomicNumber,
      sizes: filter?.sizes ?? null,
      shieldingAtLeastPpm: filter?.shieldingAtLeastPpm ?? null,
      shieldingAtMostPpm: filter?.shieldingAtMostPpm ?? null,
      first: args.first,
      after: position === undefined ? null : [Number(position), Number(index)],
    });
    const cursors = new Map<AtomOf, string>();
    const items = await Promise.all(
      page.items.map(async (row) => {
        const [cluster, calculation] = await Promise.all([
          load.clusters.load(row.clusterId),
          load.calculations.load(row.calculationId),
        ]);
        const atom = atomOf(cluster, calculation, row.index);
        cursors.set(atom, `${row.position}-${row.index}`);
        return atom;
      }),
    );
    return connection({ ...page, items }, (atom) => cursors.get(atom)!);
  }

  @FieldResolver(() => ShieldingTensorParameters, { nullable: true, description: 'Null without a tensor.' })
  shieldingTensorParameters(@Root() { shieldingTensorPpm }: AtomOf): ShieldingTensorParameters | null {
    return shieldingTensorPpm && tensorParameters(shieldingTensorPpm);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() atom: AtomOf) {
    return atom.cluster;
  }

  @FieldResolver(() => Calculation, { nullable: true })
  calculation(@Root() atom: AtomOf) {
    return atom.calculation;
  }
}
