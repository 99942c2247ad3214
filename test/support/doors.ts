import { type INestApplication, RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { getMetadataStorage, ValidationTypes } from 'class-validator';

/** A way into the server: a route, or an event of the socket, with the classes of what it takes. */
export interface Door {
  /** `GET /v1/users/{userId}`, or `message.send`. */
  readonly name: string;
  /** Of a route. */
  readonly method?: string;
  readonly path?: string;
  /** Of a body, or the data of an event; null: it takes none. */
  readonly body: Type | null;
  readonly query: Type | null;
  /** Names in the path. */
  readonly parameters: readonly string[];
}

// What the decorators of Nest leave behind.
const ARGUMENTS = '__routeArguments__';
const BODY = '3';
const QUERY = '4';

const UNVERSIONED = /^\/health\//;

/** Every route and every event of an application, as its decorators tell. */
export function doorsOf(app: INestApplication): Door[] {
  const doors: Door[] = [];
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) doors.push(...routesOf(metatype as Type));
    for (const { metatype } of module.providers.values()) {
      if (typeof metatype === 'function' && Reflect.hasMetadata('websockets:is_gateway', metatype))
        doors.push(...eventsOf(metatype as Type));
    }
  }
  // The session of a socket answers it itself: there is no connection yet whose frame it could be.
  doors.push({ name: 'auth', body: null, query: null, parameters: [] });
  return doors;
}

/** The routes that Express knows, those of documents aside; HEAD is what GET is. */
export function servedRoutes(app: NestExpressApplication): string[] {
  const { router } = app.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  };
  return router.stack.flatMap(({ route }) => {
    if (!route || !/^\/(v1|health)\//.test(route.path)) return [];
    const methods = Object.keys(route.methods);
    // What is there for all methods is no route of a controller, but something before it.
    return methods.length > 1 ? [] : methods.map((method) => `${method.toUpperCase()} ${braced(route.path)}`);
  });
}

/** The names of the properties that an object of a class must have. */
export function requiredOf(input: Type): string[] {
  const rules = rulesOf(input);
  const optional = rules.filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION);
  const names = new Set(rules.map(({ propertyName }) => propertyName));
  for (const { propertyName } of optional) names.delete(propertyName);
  return [...names];
}

/** All properties that a class knows. */
export function propertiesOf(input: Type): string[] {
  return [...new Set(rulesOf(input).map(({ propertyName }) => propertyName))];
}

const rulesOf = (input: Type) => getMetadataStorage().getTargetValidationMetadatas(input, '', false, false);

function routesOf(controller: Type): Door[] {
  const base = Reflect.getMetadata('path', controller) as string;
  return methodsOf(controller).flatMap(({ name, handler, types }) => {
    const path = Reflect.getMetadata('path', handler) as string | undefined;
    if (path === undefined) return [];
    const method = RequestMethod[Reflect.getMetadata('method', handler) as number] as string;
    const own = braced(`/${[base, path].filter((part) => !/^\/?$/.test(part)).join('/')}`);
    const full = UNVERSIONED.test(own) ? own : `/v1${own}`;
    const parameters = [...full.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
    const [body, query] = [BODY, QUERY].map((kind) => argumentOf(controller, name, kind, types));
    return [{ name: `${method} ${full}`, method, path: full, parameters, body: body!, query: query! }];
  });
}

/** An event's data is the last thing that its handler takes. */
function eventsOf(gateway: Type): Door[] {
  return methodsOf(gateway).flatMap(({ handler, types }) => {
    const name = Reflect.getMetadata('message', handler) as string | undefined;
    const input = types.at(-1);
    return name === undefined
      ? []
      : [{ name, body: input && input !== Object ? input : null, query: null, parameters: [] }];
  });
}

function methodsOf(type: Type) {
  const prototype = type.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor' && typeof prototype[name] === 'function')
    .map((name) => ({
      name,
      handler: prototype[name] as object,
      types: (Reflect.getMetadata('design:paramtypes', prototype, name) as Type[] | undefined) ?? [],
    }));
}

function argumentOf(controller: Type, name: string, kind: string, types: Type[]): Type | null {
  const all = (Reflect.getMetadata(ARGUMENTS, controller, name) ?? {}) as Record<string, { index: number }>;
  const found = Object.entries(all).find(([key]) => key.startsWith(`${kind}:`));
  return (found && types[found[1].index]) ?? null;
}

function braced(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}
