/** What a module names as its imports, read from its text: static, dynamic, `export from`, and `require`. */

const forms = [
  // `import x from '…'`, `import '…'`, `export … from '…'`, also over several lines.
  /^(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm,
  // Minified or generated code may put several on a line.
  /[;}]\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/g,
  /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g,
]

/** The specifiers of a module, each once. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text)
  const found = forms.flatMap(form =>
    [...code.matchAll(form)].map(([, specifier = '']) => specifier),
  )
  return [...new Set(found)]
}

/** The package that a bare specifier belongs to: `@a/b/c` is of `@a/b`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Whole-line comments and blocks that begin a line; a `//` inside a string stays. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
}
