let short = false;

/** Prints one figure: name, value, unit, peer, its value, ratio (null: none), bound, verdict. */
export function figure({ name, value, unit, peer = '-', peerValue = '-', ratio = null, bound = '-', ok = true }) {
  short ||= !ok;
  const ratioText = ratio === null ? '-' : `${ratio.toFixed(1)}x`;
  console.log([name, value, unit, peer, peerValue, ratioText, bound, ok ? 'ok' : 'short'].join('\t'));
}

/** Ends the benchmark: 1 if a figure was out of its bound. */
export function exit() {
  process.exit(short ? 1 : 0);
}
