import type { Invoker } from '../invoke.ts';
import type { LoadedApp } from '../load-app.ts';
import { invokeBuffered } from './invoke-buffered.ts';
import { type HttpCall, invokeStreamed } from './invoke-streamed.ts';

export interface HttpInvoker {
  invoke(call: HttpCall): Promise<void>;
  /** Ends what a client listens to without end, so that the host can stop. */
  endEventStreams(): void;
}

/** Runs HTTP functions the way the app has chosen with `app.setup({ enableHttpStream })`. */
export const httpInvoker = ({ HttpResponse, offerToProxy }: LoadedApp, invoker: Invoker): HttpInvoker => {
  const eventStreams = new Set<() => void>();
  return {
    invoke: (call) =>
      offerToProxy === undefined
        ? invokeBuffered(invoker, call)
        : invokeStreamed({ invoker, HttpResponse, offerToProxy, eventStreams }, call),
    endEventStreams: () => {
      for (const end of eventStreams) end();
    },
  };
};
