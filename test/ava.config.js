export default {
  files: ['**/*.test.ts'],
  typescript: { rewritePaths: { './': 'dist/' }, compile: false },
  nodeArguments: ['--enable-source-maps'],
  timeout: '10m',
}
