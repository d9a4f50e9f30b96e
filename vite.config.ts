import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The component library is one large piece that changes with its version only; the rest is small.
    chunkSizeWarningLimit: 1200,
  },
});
