import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Limits } from "@secureconnect/protocol";
import type { Device, MessageLog, Outcome } from "../contract.ts";
import type { LogFactory } from "../contract-suite.ts";
import { created, message, removal, texts, type WithLog } from "./fixtures.ts";

const NOW = 1_800_000_000_000;

export function delivering(withLog: WithLog, factory: LogFactory): void {
	withLog("a device begins at the head or at the given seq", async (log) => {
		const { conversationId, owner } = await filled(log, 3);
		const [first, second] = [
			device(conversationId, owner),
			device(conversationId, owner),
		];
		assert.equal(await log.deviceCursor(first, NOW), undefined);
		assert.deepEqual(await opened(log, first), { kind: "cursor", seq: 3 });
		assert.deepEqual(await opened(log, second, 1), { kind: "cursor", seq: 1 });
		assert.deepEqual(await log.deviceCursor(first, NOW), {
			seq: 3,
			updatedAt: NOW,
		});
		// The cursor already exists, so the log ignores the requested start.
		assert.deepEqual(await opened(log, second, 2), { kind: "cursor", seq: 1 });
	});

	withLog("a cursor and its time only move forward", async (log) => {
		const { conversationId, owner } = await filled(log, 5);
		const it = device(conversationId, owner);
		await opened(log, it, 0);
		await log.append([
			{ kind: "deliver", ...it, seq: 4, timestamp: NOW + 5 },
			{ kind: "deliver", ...it, seq: 2, timestamp: NOW + 3 },
		]);
		assert.deepEqual(await log.deviceCursor(it, NOW), {
			seq: 4,
			updatedAt: NOW + 5,
		});
		const unknown = device(conversationId, owner);
		await log.append([{ kind: "deliver", ...unknown, seq: 4, timestamp: NOW }]);
		assert.equal(await log.deviceCursor(unknown, NOW), undefined);
		// With `seq` 0 the cursor does not move, but its expiry does.
		await log.append([{ kind: "deliver", ...it, seq: 0, timestamp: NOW + 9 }]);
		assert.deepEqual(await log.deviceCursor(it, NOW), {
			seq: 4,
			updatedAt: NOW + 9,
		});
	});

	withLog(
		"each user, conversation and device has its own cursor",
		async (log) => {
			const { conversationId, owner, member } = await filled(log, 2);
			const other = await created(log, owner);
			const it = device(conversationId, owner);
			await opened(log, it, 1);
			for (const not of [
				{ ...it, userId: member },
				{ ...it, conversationId: other.conversationId },
				{ ...it, deviceId: randomUUID() },
			])
				assert.equal(await log.deviceCursor(not, NOW), undefined);
		},
	);

	withLog(
		"a cursor that has not moved for too long is invalid",
		async (log) => {
			const { conversationId, owner } = await filled(log, 2);
			const it = device(conversationId, owner);
			await opened(log, it, 1);
			const last = NOW + Limits.deviceCursorMs;
			assert.ok(await log.deviceCursor(it, last));
			assert.equal(await log.deviceCursor(it, last + 1), undefined);
			assert.deepEqual(await log.deliveries(conversationId, last + 1, 10), []);
			assert.deepEqual(await opened(log, it, null, last + 1), {
				kind: "cursor",
				seq: 2,
			});
		},
	);

	withLog(
		"above the limit the device inactive for longest loses its cursor",
		async (log) => {
			const { conversationId, owner, member } = await filled(log, 1);
			const devices = Array.from({ length: Limits.maxDevices }, () =>
				device(conversationId, owner),
			);
			for (const [i, it] of devices.entries())
				await opened(log, it, 0, NOW + i);
			const others = device(conversationId, member);
			await opened(log, others, 0, NOW - 1);
			const [first, second] = devices;
			assert.ok(first && second);
			await log.append([
				{ kind: "deliver", ...first, seq: 1, timestamp: NOW + 100 },
			]);
			await opened(log, device(conversationId, owner), 0, NOW + 101);
			assert.equal(await log.deviceCursor(second, NOW), undefined);
			for (const kept of [first, others, ...devices.slice(2)])
				assert.ok(await log.deviceCursor(kept, NOW));
		},
	);

	withLog(
		"deliveries list participants' devices, furthest first, with their entries",
		async (log) => {
			const { conversationId, owner, member } = await filled(log, 3);
			const { entries } = (await log.page(
				conversationId,
				owner,
				{ direction: "after", seq: 0 },
				10,
				1e6,
			)) ?? { entries: [] };
			await log.append([{ kind: "rename", userId: owner, name: "Owner" }]);
			const [near, far, his] = [
				device(conversationId, owner),
				device(conversationId, owner),
				device(conversationId, member),
			];
			// The position at which a cursor was created does not count as receipt.
			for (const it of [near, far, his]) await opened(log, it, 3);
			await log.append([
				{ kind: "deliver", ...far, seq: 3, timestamp: NOW },
				{ kind: "deliver", ...his, seq: 2, timestamp: NOW },
			]);
			const found = await log.deliveries(conversationId, NOW, 10);
			assert.deepEqual(
				found.map(({ userId, deviceId, seq, messageId, name }) => [
					userId,
					deviceId,
					seq,
					messageId,
					name,
				]),
				[
					[owner, far.deviceId, 3, entries[2]?.messageId, "Owner"],
					[member, his.deviceId, 2, entries[1]?.messageId, null],
					[owner, near.deviceId, 0, null, "Owner"],
				],
			);
			assert.equal((await log.deliveries(conversationId, NOW, 2)).length, 2);
			await log.append([removal(conversationId, owner, member)]);
			assert.deepEqual(
				(await log.deliveries(conversationId, NOW, 10)).map((it) => it.userId),
				[owner, owner],
			);
		},
	);

	withLog("cursors survive a restart", async (log) => {
		const { conversationId, owner } = await filled(log, 2);
		const it = device(conversationId, owner);
		await opened(log, it, 0);
		await log.append([{ kind: "deliver", ...it, seq: 2, timestamp: NOW + 1 }]);
		await log.close();
		const again = await factory.reopen(log);
		try {
			assert.equal((await again.deviceCursor(it, NOW))?.seq, 2);
		} finally {
			await again.close();
		}
	});
}

function device(conversationId: string, userId: string): Device {
	return { conversationId, userId, deviceId: randomUUID() };
}

async function filled(
	log: MessageLog,
	count: number,
): Promise<{ conversationId: string; owner: string; member: string }> {
	const made = await created(log);
	await log.append(
		texts(count).map((text) => message(made.conversationId, made.owner, text)),
	);
	return made;
}

async function opened(
	log: MessageLog,
	it: Device,
	seq: number | null = null,
	timestamp = NOW,
): Promise<Outcome | Error | undefined> {
	const [outcome] = await log.append([
		{ kind: "device", ...it, seq, timestamp },
	]);
	return outcome;
}
