import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    // Small files inside others would be data: URLs, which the page's security policy does not let in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // For work on the page beside a server that runs.
  server: { proxy: { '/v1': 'http://localhost:3000', '/ws': { target: 'ws://localhost:3000', ws: true } } },
  logLevel: 'warn',
});
