// Compiles the SchNet kernels from AssemblyScript to WebAssembly: node scripts/compile-kernels.mjs
import asc from 'assemblyscript/asc';

const { error, stderr } = await asc.main([
  'src/ml/schnet/wasm/kernels/index.ts',
  ...['--outFile', 'dist/ml/schnet/wasm/kernels.wasm'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
  // never relaxed-simd: its results differ between processors
  ...['--enable', 'simd'],
  // that vectors cannot cross to JavaScript, which none does
  ...['--disableWarning', '112'],
]);
if (error) {
  console.error(`${stderr}${error.message}`);
  process.exit(1);
}
