/**
 * The SDK sorts a client's and a command's middleware anew for each request, which costs as much as the request. The
 * order depends on the kind of command only: it is found once, and every request still goes through all of it, with a
 * context of its own.
 */
type Handler = (input: unknown) => Promise<{ output: unknown }>;
type Middleware = (next: Handler, context: object) => Handler;
type Stack = {
  add: (middleware: Middleware, how: object) => void;
  addRelativeTo: (middleware: Middleware, how: object) => void;
  concat: (other: Stack) => Stack;
  applyToStack: (other: Pick<Stack, 'add' | 'addRelativeTo'>) => void;
  resolve: (handler: Handler, context: object) => Handler;
  identify: () => readonly string[];
};
type Command = {
  input: object;
  middlewareStack: Stack;
  resolveMiddleware: (clients: Pick<Stack, 'concat'>, config: object, options: object) => Handler;
};
type Client = Readonly<{
  middlewareStack: Stack;
  config: object;
  send: (command: Command, options: object) => Promise<unknown>;
}>;

/** Innermost first. */
type Order = readonly Middleware[];
const orders = new WeakMap<object, Map<unknown, Order>>();

export async function quickSend(client: unknown, command: unknown, options: object): Promise<unknown> {
  const [sender, sent] = [client as Client, command as Command];
  // Whoever asks with middleware of their own gets it in its place.
  if (sent.middlewareStack.identify().length > 0) return sender.send(sent, options);
  const known = orders.get(sender) ?? new Map<unknown, Order>();
  orders.set(sender, known);
  const order = known.get(sent.constructor) ?? orderOf(sender, sent);
  known.set(sent.constructor, order);

  sent.middlewareStack = IGNORING;
  const inOrder = { resolve: (handler: Handler, context: object) => wrapped(handler, context, order) } as Stack;
  const handler = sent.resolveMiddleware({ concat: () => inOrder }, sender.config, options);
  return (await handler(sent)).output;
}

const wrapped = (handler: Handler, context: object, order: Order): Handler =>
  order.reduce((next, middleware) => middleware(next, context), handler);

const IGNORING = { use: () => undefined } as unknown as Stack;

function orderOf(client: Client, { constructor, input }: Command): Order {
  const make = constructor as unknown as new (input: object) => Command;
  const [probe, empty] = [new make(input), new make(input).middlewareStack];
  const order: Middleware[] = [];
  const noting =
    (middleware: Middleware): Middleware =>
    (next) => {
      order.push(middleware);
      return next;
    };
  const concat = (own: Stack): Stack => {
    client.middlewareStack.concat(own).applyToStack({
      add: (middleware, how) => empty.add(noting(middleware), { ...how, middleware: noting(middleware) }),
      addRelativeTo: (middleware, how) =>
        empty.addRelativeTo(noting(middleware), { ...how, middleware: noting(middleware) }),
    });
    return empty;
  };
  probe.resolveMiddleware({ concat }, client.config, {});
  return order;
}
