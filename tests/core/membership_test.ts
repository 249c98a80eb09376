import assert from "node:assert/strict";
import fc from "fast-check";
import type { DeviceId } from "../../src/core/ids.ts";
import { type MemberOp, type Standings, standingsOf } from "../../src/core/membership.ts";
import { deviceOf } from "../support/entries.ts";

const [A, B, C, D, E, F] = [1, 2, 3, 4, 5, 6].map(deviceOf) as [
  DeviceId,
  DeviceId,
  DeviceId,
  DeviceId,
  DeviceId,
  DeviceId,
];

const add = (by: DeviceId, device: DeviceId): MemberOp => ({ type: "add", by, device });
const remove = (by: DeviceId, device: DeviceId, keeps: readonly DeviceId[] = [], timeMs = 1): MemberOp => ({
  type: "remove",
  by,
  device,
  keeps,
  timeMs,
});
const founded = add(A, A);

function kinds(ops: readonly MemberOp[]): Record<string, string> {
  const names = new Map([[A, "A"], [B, "B"], [C, "C"], [D, "D"], [E, "E"], [F, "F"]]);
  return Object.fromEntries(
    [...standingsOf(A, ops).of].map(([device, { kind }]) => [names.get(device)!, kind]),
  );
}

Deno.test("whoever a chain of additions leads to from the founder is a member, and nobody else (R32)", () => {
  assert.deepEqual(kinds([founded, add(A, B), add(B, C), add(E, F), add(F, E)]), {
    A: "member",
    B: "member",
    C: "member",
  });
});

Deno.test("a removal is absorbing: no later addition of the same device brings it back (R32)", () => {
  const ops = [founded, add(A, B), remove(A, B), add(A, B), add(B, B)];
  assert.deepEqual(kinds(ops), { A: "member", B: "removed" });
});

Deno.test("a removal by who was never let in does nothing", () => {
  assert.deepEqual(kinds([founded, add(A, B), remove(E, B), remove(E, A)]), { A: "member", B: "member" });
});

Deno.test("mutual concurrent removal removes both, the founder too (R32)", () => {
  const ops = [founded, add(A, B), add(A, C), remove(A, B, []), remove(B, A, [B, C])];
  assert.deepEqual(kinds(ops), { A: "removed", B: "removed", C: "member" });
});

Deno.test("what a removed device added stays where its remover had seen it, and is suspended where it had not (R32)", () => {
  const ops = [founded, add(A, B), add(B, C), add(B, D), remove(A, B, [C])];
  assert.deepEqual(kinds(ops), { A: "member", B: "removed", C: "member", D: "suspended" });
});

Deno.test("a suspended device is a member once a remaining one has added it, and so are those it let in (R32)", () => {
  const ops = [founded, add(A, B), add(B, C), add(C, D), remove(A, B)];
  assert.deepEqual(kinds(ops), { A: "member", B: "removed", C: "suspended", D: "suspended" });
  assert.deepEqual(kinds([...ops, add(A, C)]), { A: "member", B: "removed", C: "member", D: "member" });
  // Those of whom it depends can confirm nobody, themselves least of all.
  assert.deepEqual(kinds([...ops, add(C, C), add(D, C), add(B, C)]).C, "suspended");
});

Deno.test("who lets in by a device that several removed needs to have been seen by each of them", () => {
  const ops = [founded, add(A, B), add(A, C), add(B, D), remove(A, B, [D]), remove(C, B, [])];
  assert.equal(kinds(ops).D, "suspended");
});

Deno.test("the founder may go: those it let in stay when its remover had seen them", () => {
  const ops = [founded, add(A, B), add(A, C), add(B, D), remove(B, A, [A, B, C])];
  assert.deepEqual(kinds(ops), { A: "removed", B: "member", C: "member", D: "member" });
});

Deno.test("a removed device that reinstates itself and invites another gets nowhere, whatever times it gives (R32)", () => {
  const far = Date.UTC(2099, 0, 1);
  const before = [founded, add(A, B), add(A, C), remove(A, B, [])];
  const thief = [
    add(B, B),
    add(B, E),
    add(E, B),
    add(E, F),
    add(F, E),
    remove(B, B, [E, F], far),
    remove(B, A, [], 0),
  ];
  const after = standingsOf(A, [...before, ...thief]).of;
  assert.equal(after.get(B)!.kind, "removed");
  for (const device of [E, F]) assert.equal(after.get(device)!.kind, "suspended");
});

Deno.test("people are told of the earliest removal, the same everywhere", () => {
  const ops = [founded, add(A, B), add(A, C), remove(C, B, [], 7), remove(A, B, [], 5)];
  const expected = { kind: "removed", by: A, timeMs: 5 };
  assert.deepEqual(standingsOf(A, ops).of.get(B), expected);
  assert.deepEqual(standingsOf(A, ops.toReversed()).of.get(B), expected);
});

// ------------------------------------------------------------------------------------ histories

const DEVICES = [1, 2, 3, 4, 5, 6].map(deviceOf);

const anyOp: fc.Arbitrary<MemberOp> = fc.oneof(
  fc.record({ by: fc.constantFrom(...DEVICES), device: fc.constantFrom(...DEVICES) })
    .map(({ by, device }) => add(by, device)),
  fc.record({
    by: fc.constantFrom(...DEVICES),
    device: fc.constantFrom(...DEVICES),
    keeps: fc.subarray(DEVICES),
    timeMs: fc.nat(),
  }).map(({ by, device, keeps, timeMs }) => remove(by, device, keeps, timeMs)),
);
const anyOps = fc.array(anyOp, { maxLength: 24 }).map((ops) => [founded, ...ops]);

const told = ({ of, rooted }: Standings) => [[...of].sort(), [...rooted].sort()];

Deno.test("standings depend on the set of operations alone, not on their order or number", () => {
  fc.assert(fc.property(
    anyOps.chain((ops) =>
      fc.tuple(fc.constant(ops), fc.shuffledSubarray(ops, { minLength: ops.length }), fc.subarray(ops))
    ),
    ([ops, shuffled, twice]) => {
      assert.deepEqual(told(standingsOf(A, [...shuffled, ...twice])), told(standingsOf(A, ops)));
    },
  ));
});

Deno.test("whoever was removed stays removed, whatever else becomes known (R32)", () => {
  fc.assert(fc.property(anyOps, fc.array(anyOp, { maxLength: 12 }), (ops, more) => {
    const later = standingsOf(A, [...ops, ...more]).of;
    for (const [device, { kind }] of standingsOf(A, ops).of) {
      if (kind === "removed") assert.equal(later.get(device)!.kind, "removed");
    }
  }));
});

Deno.test("no operation of a removed device and of those it lets in makes any of these a member (R32)", () => {
  // A, B and C are people's; D is the stolen one, E and F are what its thief makes up.
  const own = [D, E, F];
  const forged = fc.array(anyOp.filter(({ by }) => own.includes(by)), { maxLength: 30 });
  fc.assert(fc.property(forged, fc.subarray([A, B, C]), (ops, removers) => {
    const honest = [founded, add(A, B), add(B, C), add(A, D), remove(A, D, [])];
    for (const by of removers) honest.push(remove(by, D, []));
    const { of } = standingsOf(A, [...honest, ...ops]);
    for (const device of own) assert.notEqual(of.get(device)?.kind, "member");
  }));
});

/** What an honest device would sign, seeing what it sees. */
function honest(
  seen: readonly MemberOp[],
  by: DeviceId,
  device: DeviceId,
  act: "add" | "remove",
): MemberOp | null {
  const { of, rooted } = standingsOf(A, seen);
  if (of.get(by)?.kind !== "member" || by === device) return null;
  if (act === "add") return of.get(device)?.kind === "removed" ? null : add(by, device);
  if (of.get(device) === undefined || of.get(device)!.kind === "removed") return null;
  const keeps = seen.flatMap((op) =>
    op.type === "add" && op.by === device && rooted.has(op.device) ? [op.device] : []
  );
  return remove(by, device, keeps);
}

Deno.test("among honest devices that gossip, a member of all views is shut out only by a removal (R32)", () => {
  const act = fc.record({
    by: fc.nat(5),
    of: fc.nat(5),
    act: fc.constantFrom<"add" | "remove" | "hear">("add", "add", "hear", "hear", "remove"),
  });
  fc.assert(fc.property(fc.array(act, { maxLength: 40 }), (story) => {
    const views = DEVICES.map(() => [founded] as MemberOp[]);
    const removedOnce = new Set<DeviceId>();
    for (const { by, of, act } of story) {
      if (act === "hear") {
        for (const op of views[of]!) if (!views[by]!.includes(op)) views[by]!.push(op);
        continue;
      }
      const op = honest(views[by]!, DEVICES[by]!, DEVICES[of]!, act);
      if (op === null) continue;
      views[by]!.push(op);
      // Who is let in is told everything, as a welcome does.
      if (op.type === "add") {
        for (const known of views[by]!) if (!views[of]!.includes(known)) views[of]!.push(known);
      }
      if (op.type === "remove") removedOnce.add(op.device);
    }
    const all = [...new Set(views.flat())];
    const { of } = standingsOf(A, all);
    for (const [device, { kind }] of of) {
      if (kind === "removed") assert.ok(removedOnce.has(device));
      if (removedOnce.size === 0) assert.equal(kind, "member");
    }
  }));
});
