import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  createParamDecorator,
  type ExecutionContext,
  type ExceptionFilter,
  UseFilters,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { SOCKET_PATH } from '@parley/protocol';
import type { Connection } from './connection';
import type { InboundFrame } from './inbound-frame';

/** Where ChatWsAdapter puts the frame among the arguments of a handler: [router, data, frame]. */
const FRAME_ARGUMENT = 2;

/** Answers the frame whose handler threw. */
@Catch()
class FrameErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    frameOf(host).fail(thrown);
  }
}

/** A gateway on Parley's one socket path; its errors are answered to the frame's ref. */
export function Gateway(): ClassDecorator {
  return applyDecorators(WebSocketGateway({ path: SOCKET_PATH }), UseFilters(FrameErrorFilter));
}

/** The connection that a frame came from. */
export const Sender = createParamDecorator(
  (_: unknown, context: ExecutionContext): Connection => frameOf(context).connection,
);

function frameOf(host: ArgumentsHost): InboundFrame {
  return host.getArgByIndex<InboundFrame>(FRAME_ARGUMENT);
}
