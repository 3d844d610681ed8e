/** Small servers with one planted fault each, in who comes in, stays and is put out. */
import { type Fault, Seed } from "./fault.ts";
import { Refused } from "./small-door.ts";
import type { Conversation } from "./small-log.ts";
import { type Connection, SmallServer } from "./small-server.ts";

/** One constant for both: whether a pong comes in time is left to chance. */
class PingsAtTheDeadline extends SmallServer {}

class SeedPingsAtTheDeadline extends Seed {}

/** The query was forgotten, since the developers' own client sets the header. */
class IgnoresTheQuery extends SmallServer {
	override queryToken(): string | undefined {
		return undefined;
	}
}

/** Presence per socket. */
class LeavesPerSocket extends SmallServer {
	override leaves(): boolean {
		return true;
	}
}

/** 404 for what is not there, as REST frameworks have it. */
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

/** A library whose check of `exp` is an option. */
class TakesExpiredTokens extends SmallServer {
	override leewaySeconds(): number {
		return 90;
	}
}

/** The token is looked at when the connection opens, and never again. */
class ForgetsExpiry extends SmallServer {
	override expire(): void {}
}

/** Ids are compared in lower case and shown as they came. */
class KeepsTheCase extends SmallServer {
	override clientMessageId(given: string): string {
		return given;
	}
}

/** Removal is a row in a table; the socket does not know. */
class KeepsTheRemoved extends SmallServer {
	override expel(): void {}
}

/** The greeting is sent when the user's data has been loaded. */
class WelcomesLate extends SmallServer {
	override greet(connection: Connection, recovered: boolean): void {
		const { conversation, identity } = connection;
		this.send(connection, this.about("user_joined", conversation, identity));
		if (this.welcomes(connection))
			this.send(connection, this.welcome(connection, recovered));
	}
}

/** The new greeting for everyone. */
class WelcomesEveryone extends SmallServer {
	override welcomes(): boolean {
		return true;
	}
}

/** A bad token is a bad token. */
class EndsAtABadRenewal extends SmallServer {
	override badAuth(connection: Connection): void {
		super.badAuth(connection);
		this.putOut(connection, "token expired");
	}
}

/** Any entry of the list that looks like a token is one. */
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
		rules: ["HS-9"],
		Server: TellsMissingFromForbidden,
	},
	{
		name: "different answers for forbidden and missing over REST",
		rules: ["RS-2"],
		Server: TellsMissingOverRest,
	},
	{
		name: "expired tokens taken",
		rules: ["HS-3"],
		Server: TakesExpiredTokens,
	},
	{ name: "expiry forgotten", rules: ["TK-8"], Server: ForgetsExpiry },
	{ name: "ids in the case they came", rules: ["HS-6"], Server: KeepsTheCase },
	{
		name: "the removed stay connected",
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
		name: "bearer entry taken alone",
		rules: ["TK-3"],
		Server: TakesABareBearerEntry,
	},
];
