// Compiles the kernels of SchNet and of Lasso from AssemblyScript to WebAssembly: node scripts/compile-kernels.mjs
import asc from 'assemblyscript/asc';

const KERNELS = {
  'src/ml/lasso/kernels/index.ts': 'ml/lasso',
  'src/ml/schnet/wasm/kernels/index.ts': 'ml/schnet/wasm',
};

for (const [source, folder] of Object.entries(KERNELS)) {
  const { error, stderr } = await asc.main([
    source,
    ...['--outFile', `dist/${folder}/kernels.wasm`],
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
}
