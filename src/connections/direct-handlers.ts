import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { readQuickly } from '../common/quick-validation';
import type { Connection } from './connection';

// What the decorators of @nestjs/websockets leave behind.
const IS_GATEWAY = 'websockets:is_gateway';
const EVENT = 'message';
const PARAMETERS = '__routeArguments__';
const PAYLOAD = /^3:1$/;
const SENDER = /__customRouteArgs__:0$/;

type Method = (connection: Connection, input: object) => unknown;

/** A gateway's method (sender, payload). */
interface DirectHandler {
  readonly call: Method;
  readonly input: new () => object;
}

/**
 * Calls gateways without Nest's guards, pipes and interceptors, where a frame is certainly good.
 *
 * Of these there is only the validation pipe; looking for the others costs a frame ten promises.
 */
export class DirectHandlers {
  private readonly byEvent = new Map<string, DirectHandler>();

  constructor(app: INestApplicationContext) {
    for (const module of app.get(ModulesContainer).values()) {
      for (const { instance, metatype } of module.providers.values()) {
        if (metatype && Reflect.hasMetadata(IS_GATEWAY, metatype)) this.addAll(instance as object);
      }
    }
  }

  /** What the handler gives; undefined where Nest has to be asked. */
  call(event: string, connection: Connection, data: object): { result: unknown } | undefined {
    const handler = this.byEvent.get(event);
    const input = handler && readQuickly(handler.input, data);
    return input ? { result: handler.call(connection, input) } : undefined;
  }

  private addAll(gateway: object): void {
    const prototype = Object.getPrototypeOf(gateway) as Record<string, unknown>;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method = prototype[name];
      const event: unknown = typeof method === 'function' && Reflect.getMetadata(EVENT, method);
      const parameters = Object.keys(
        (Reflect.getMetadata(PARAMETERS, gateway.constructor, name) as object) ?? {},
      );
      const isPlain =
        parameters.length === 2 &&
        [SENDER, PAYLOAD].every((kind) => parameters.some((key) => kind.test(key)));
      if (typeof event !== 'string' || !isPlain) continue;
      const [, input] = Reflect.getMetadata('design:paramtypes', prototype, name) as [
        unknown,
        new () => object,
      ];
      this.byEvent.set(event, { input, call: (method as Method).bind(gateway) });
    }
  }
}
