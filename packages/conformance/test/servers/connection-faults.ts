/** Small servers with one planted fault each in admission, presence and disconnection. */
import { type Fault, Seed } from "./fault.ts";
import { Refused } from "./small-door.ts";
import type { Conversation } from "./small-log.ts";
import { SmallServer } from "./small-server.ts";
import type { Connection } from "./small-talk.ts";

/** Uses one constant for ping interval and deadline, so chance decides whether a pong is in time. */
class PingsAtTheDeadline extends SmallServer {}

class SeedPingsAtTheDeadline extends Seed {}

/** Ignores the token in the query. Its developers' own client sets the header. */
class IgnoresTheQuery extends SmallServer {
	override queryToken(): string | undefined {
		return undefined;
	}
}

/** Tracks presence per socket. */
class LeavesPerSocket extends SmallServer {
	override leaves(): boolean {
		return true;
	}
}

/** Answers 404 for a missing conversation, as REST frameworks do. */
class TellsMissingFromForbidden extends SmallServer {
	override stranger(found: Conversation | undefined): Refused {
		return found ? super.stranger(found) : new Refused(404, "not found");
	}
}

class TellsMissingOverRest extends SmallServer {
	override restStranger(found: Conversation | undefined): Refused {
		return found ? super.restStranger(found) : new Refused(404, "not found");
	}
}

/** Accepts a token until 90 s after its `exp`. */
class TakesExpiredTokens extends SmallServer {
	override leewaySeconds(): number {
		return 90;
	}
}

/** Checks the token only when the connection opens. */
class ForgetsExpiry extends SmallServer {
	override expire(): void {}
}

/** Compares ids in lower case but returns them as received. */
class KeepsTheCase extends SmallServer {
	override clientMessageId(given: string): string {
		return given;
	}
}

/** Deletes a removed participant's row but leaves the socket open. */
class KeepsTheRemoved extends SmallServer {
	override expel(): void {}
}

/** Sends the welcome after a `user_joined` frame, once it has loaded the user's data. */
class WelcomesLate extends SmallServer {
	override greet(connection: Connection, recovered: boolean): void {
		const { conversation, identity } = connection;
		this.send(connection, this.about("user_joined", conversation, identity));
		if (this.welcomes(connection))
			this.send(connection, this.welcome(connection, recovered));
	}
}

/** Sends the new welcome to all connections. */
class WelcomesEveryone extends SmallServer {
	override welcomes(): boolean {
		return true;
	}
}

/** Closes the connection on an invalid renewal token. */
class EndsAtABadRenewal extends SmallServer {
	override badAuth(connection: Connection): void {
		super.badAuth(connection);
		this.putOut(connection, "token expired");
	}
}

/** Accepts any entry of the subprotocol list that looks like a token. */
class TakesABareBearerEntry extends SmallServer {
	override bearerEntryCounts(): boolean {
		return true;
	}
}

export const CONNECTION_FAULTS: readonly Fault[] = [
	{
		name: "ping equals deadline, at a hundredth of real time",
		rules: ["HB-3"],
		Server: PingsAtTheDeadline,
		options: { pingIntervalMs: 600, pongTimeoutMs: 600 },
	},
	{
		name: "ping equals deadline in a server of the level seed, at a hundredth of real time",
		rules: ["HB-3"],
		Server: SeedPingsAtTheDeadline,
		options: { pingIntervalMs: 600, pongTimeoutMs: 600 },
	},
	{
		name: "token only in the header",
		rules: ["TK-2"],
		Server: IgnoresTheQuery,
	},
	{ name: "user_left per socket", rules: ["PR-5"], Server: LeavesPerSocket },
	{
		name: "different answers for forbidden and missing",
		// A deleted conversation is missing too.
		rules: ["HS-9", "CV-9"],
		Server: TellsMissingFromForbidden,
	},
	{
		name: "different answers for forbidden and missing over REST",
		rules: ["RS-2"],
		Server: TellsMissingOverRest,
	},
	{
		name: "expired tokens accepted",
		rules: ["HS-3"],
		Server: TakesExpiredTokens,
	},
	{ name: "expiry ignored later", rules: ["TK-8"], Server: ForgetsExpiry },
	{ name: "ids in the client's case", rules: ["HS-6"], Server: KeepsTheCase },
	{
		name: "removed users stay connected",
		rules: ["RM-2"],
		Server: KeepsTheRemoved,
	},
	{ name: "welcome late", rules: ["V1-2"], Server: WelcomesLate },
	{
		name: "welcome for plain clients",
		rules: ["V1-7"],
		Server: WelcomesEveryone,
	},
	{
		name: "bad renewal ends the connection",
		rules: ["V1-5"],
		Server: EndsAtABadRenewal,
	},
	{
		name: "bearer entry accepted alone",
		rules: ["TK-3"],
		Server: TakesABareBearerEntry,
	},
];
