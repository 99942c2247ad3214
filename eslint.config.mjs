import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const specs = ['**/*.spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts'];

const noForwardRef = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'A circle of providers has a second noun in it: find it, or turn one direction round with a port.',
};

const noProcessEnv = {
  object: 'process',
  property: 'env',
  message: 'Only src/config/env.ts reads the environment: inject ENV.',
};

const noProcessEnvImport = ['process', 'node:process'].map((name) => ({
  name,
  importNames: ['env', 'default'],
  message: noProcessEnv.message,
}));

const noNamedRelation = {
  selector:
    "CallExpression[callee.name=/^(ManyToOne|OneToMany|OneToOne|ManyToMany)$/][arguments.0.type!='ArrowFunctionExpression']",
  message: 'Name the related entity as () => Entity, so that the import check sees where it lives.',
};

const noHtml = [
  "JSXAttribute[name.name='dangerouslySetInnerHTML']",
  "Property[key.name='dangerouslySetInnerHTML']",
  'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment)$/]',
  "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]",
].map((selector) => ({ selector, message: 'Text is never HTML: render it as text.' }));

export default defineConfig(
  { ignores: ['**/dist/', 'test/releases/', 'coverage/', '.parley/', 'bench/results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-empty': 'error',
      'no-useless-escape': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'max-params': ['error', 6],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // The in-memory side of an asynchronous port has nothing to await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [noForwardRef, ...noProcessEnvImport] }],
      'no-restricted-properties': ['error', noProcessEnv],
      'no-restricted-syntax': ['error', noNamedRelation],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', noProcessEnv] },
  },
  {
    files: ['src/config/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [noForwardRef] }],
      'no-restricted-properties': 'off',
    },
  },
  {
    // Text of others is never HTML, by whatever door.
    files: ['web/**/*.{ts,tsx}'],
    rules: { 'no-restricted-syntax': ['error', ...noHtml] },
  },
  {
    files: ['src/**/*.ts', 'web/src/**/*.{ts,tsx}'],
    ignores: [...specs, 'src/database/migrations/*.ts', 'web/src/i18n/{en,zh}.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Replies of supertest and sockets are `any` until a test has looked at them.
    files: specs,
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // No tsconfig.json holds them: the packages are built without their specs and without jest's types.
    files: ['packages/*/src/**/*.spec.ts', 'web/src/**/*.spec.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false, project: false } },
  },
);
