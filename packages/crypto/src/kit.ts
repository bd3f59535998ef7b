/** What a provider is built of besides its library: draws by purpose, checks of keys, encodings, groups made of parts. */
export * from './curves.ts'
export * from './draw.ts'
export * from './ecdh.ts'
export * from './emsa.ts'
export * from './hybrid.ts'
export * from './key-checks.ts'
export * from './misuse.ts'
export * from './rsa-private.ts'
