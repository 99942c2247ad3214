import 'reflect-metadata';
import { asyncApiDocument } from './asyncapi/document';
import { inputsOf } from './asyncapi/inputs';
import { ProtocolPage } from './asyncapi/protocol-page';
import { WireTypes } from './asyncapi/wire-types';
import { keepDocument } from './support/kept-document';
import { previewApp } from './support/preview-app';

/** Writes docs/asyncapi.json from the types, the gateways and the page; with --check only compares it. */
async function main(): Promise<void> {
  const root = process.cwd();
  const document = asyncApiDocument({
    types: new WireTypes(root),
    inputs: inputsOf(await previewApp()),
    page: await ProtocolPage.read(root),
  });
  await keepDocument('docs/asyncapi.json', document, 'npm run asyncapi');
}

void main();
