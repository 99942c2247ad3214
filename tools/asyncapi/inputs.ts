import { ModulesContainer } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import { completeSchema } from '../../src/openapi-schemas';
import type { Schema } from './wire-types';

/** What the decorators of @nestjs/websockets leave behind. */
const IS_GATEWAY = 'websockets:is_gateway';
const EVENT = 'message';

/** What the server takes with each event, as its handlers check it; null where that is nothing. */
export function inputsOf(app: INestApplication): Map<string, Schema | null> {
  const classes = new Map<string, Type | null>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.providers.values()) {
      if (typeof metatype === 'function' && Reflect.hasMetadata(IS_GATEWAY, metatype))
        for (const [event, input] of handlersOf(metatype as Type)) classes.set(event, input);
    }
  }
  const extraModels = [...classes.values()].filter((input) => input !== null);
  const { components } = SwaggerModule.createDocument(app, new DocumentBuilder().build(), { extraModels });
  return new Map(
    [...classes].map(
      ([event, input]) => [event, input && schemaOf(input, components?.schemas ?? {})] as const,
    ),
  );
}

/** The class of each event's data: the last thing that a handler takes. */
function handlersOf(gateway: Type): [event: string, input: Type | null][] {
  const prototype = gateway.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const event = Reflect.getMetadata(EVENT, prototype[name] as object) as string | undefined;
    if (event === undefined) return [];
    const parameters = Reflect.getMetadata('design:paramtypes', prototype, name) as Type[];
    const input = parameters.at(-1);
    return [[event, input && input !== Object ? input : null]];
  });
}

function schemaOf(input: Type, schemas: Record<string, unknown>): Schema {
  const schema = structuredClone(schemas[input.name]) as Schema;
  completeSchema(schema);
  for (const { name, propertyName, constraints } of rulesOf(input)) {
    const property = schema.properties?.[propertyName];
    // The plugin leaves these out.
    if (property && name === 'arrayMaxSize') property.maxItems = (constraints as number[])[0];
    if (property && name === 'isNotEmpty') property.minLength = 1;
  }
  return { ...schema, additionalProperties: false };
}

const rulesOf = (input: Type) => getMetadataStorage().getTargetValidationMetadatas(input, '', false, false);
