import 'reflect-metadata';
import { openApiDocument } from '../src/openapi';
import { keepDocument } from './support/kept-document';
import { previewApp } from './support/preview-app';

/** Writes docs/openapi.json from the routes; with --check only says whether it is what they are. */
async function main(): Promise<void> {
  await keepDocument('docs/openapi.json', openApiDocument(await previewApp()), 'npm run openapi');
}

void main();
