import tseslint from 'typescript-eslint';

/** Only the five rules that need types; everything else about style is Biome's. */
export default tseslint.config(
  { ignores: ['.cache', 'dist', 'coverage', 'node_modules', '**/*.mjs', '**/*.cjs', '**/*.js', '.stryker-tmp'] },
  {
    files: ['{functions,shared,scoring,local,cli,infra,bench,test}/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
);
