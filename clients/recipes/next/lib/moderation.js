// The client, made when it is first wanted: a build has no key.
import { Client } from "moderation-client";

let client;

export const moderation = () => (client ??= new Client(process.env.MODERATION_URL, { key: process.env.MODERATION_KEY }));
