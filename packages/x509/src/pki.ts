/** What `@biopair/x509/pki` offers: inputs that need pkijs, or a promise. It is no part of the package's face, which loads no pkijs. */
export {
  type IdentityParts,
  type KeyExporter,
  type LoadedIdentity,
  type LoadOptions,
  loadIdentity,
  loadPfx,
} from './pki/identity.ts'
export { pfxBounds } from './pki/pfx-bags.ts'
