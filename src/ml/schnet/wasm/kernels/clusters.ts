// A batch is a list of clusters, each described by five u32: addresses and counts of what is known of its geometry. The atoms of
// the batch are numbered through; those of a cluster are consecutive.

export const DESCRIPTION_BYTES: usize = 20;

export function pairsOf(cluster: usize): usize {
  return load<u32>(cluster);
}

export function pairCount(cluster: usize): u32 {
  return load<u32>(cluster, 4);
}

/** Where the table entries of each atom begin, counted from the first of the cluster; one more than there are atoms. */
export function entryStarts(cluster: usize): usize {
  return load<u32>(cluster, 8);
}

export function entriesOf(cluster: usize): usize {
  return load<u32>(cluster, 12);
}

export function atomCount(cluster: usize): i32 {
  return load<i32>(cluster, 16);
}

export function endOf(clusters: usize, count: i32): usize {
  return clusters + <usize>count * DESCRIPTION_BYTES;
}
