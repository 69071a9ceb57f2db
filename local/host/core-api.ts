import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts';

const HOOK_NAMES: readonly HookName[] = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'];

export interface Registration {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What an app has said about itself through `app.*`. One per process: the library keeps its own state globally. */
export interface AppRegistry {
  readonly registrations: Map<string, Registration>;
  readonly hooks: Record<HookName, HookCallback[]>;
  /** Set once the entry point has run; the library must not register afterwards. */
  locked: boolean;
  model: ProgrammingModel | undefined;
  /** Where the library's own lines go (not those of a running function). */
  onSystemLog: (level: LogLevel, category: LogCategory, message: string) => void;
}

export const createRegistry = (): AppRegistry => ({
  registrations: new Map(),
  hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
  locked: false,
  model: undefined,
  onSystemLog: () => {},
});

const disposable = (onDispose: () => void) => ({ dispose: onDispose });

/** The module that the library gets for `require('@azure/functions-core')`. */
const coreApi = (registry: AppRegistry, hostVersion: string) => ({
  version: '3.13.0',
  hostVersion,
  Disposable: class {
    readonly #onDispose: () => void;
    constructor(onDispose: () => void) {
      this.#onDispose = onDispose;
    }
    dispose(): void {
      this.#onDispose();
    }
  },
  setProgrammingModel: (model: ProgrammingModel): void => {
    registry.model = model;
  },
  getProgrammingModel: () => registry.model,
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
    if (registry.locked) throw new Error(`function '${metadata.name}' was registered after the app had started`);
    if (registry.registrations.has(metadata.name)) throw new Error(`function '${metadata.name}' is registered twice`);
    registry.registrations.set(metadata.name, { metadata, callback });
    return disposable(() => {
      if (!registry.locked) registry.registrations.delete(metadata.name);
    });
  },
  registerHook: (name: string, callback: HookCallback) => {
    const hooks = registry.hooks[name as HookName];
    // The library tells its users about an unsupported hook by this class of error.
    if (!HOOK_NAMES.includes(name as HookName)) throw new RangeError(`this host has no hook '${name}'`);
    hooks.push(callback);
    return disposable(() => {
      const index = hooks.indexOf(callback);
      if (index >= 0) hooks.splice(index, 1);
    });
  },
  log: (level: LogLevel, category: LogCategory, message: string): void =>
    registry.onSystemLog(level, category, message),
});

/**
 * Answers `require('@azure/functions-core')` for the whole process from now on, as the real worker does.
 *
 * The library asks once, when the first function registers; a module of that name does not exist on disk.
 */
export const installCoreApi = (registry: AppRegistry, hostVersion: string): void => {
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
  const original = prototype.require;
  const api = coreApi(registry, hostVersion);
  prototype.require = function (id) {
    return id === '@azure/functions-core' ? api : original.call(this, id);
  };
};
