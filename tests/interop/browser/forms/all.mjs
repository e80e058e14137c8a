// Forms that pages.mjs sends without scripts, each button of each, in this order:
// What is only known then, as the name of a row, is a function of `ask` (a command's words, to its JSON):
//   site, page    where it is
//   by            a link of that page behind which the form is
//   form, button  which of the page's forms, and which of its buttons where there are several, or a field to press Enter in
//   fill          what is filled in, by names of fields, as NAME=VALUE where several have the name
//   confirm       that a page asks first; `then` has buttons of pages that come next otherwise
//   shows, lacks  what the page says afterwards, and what not
//   saves         tells whether the file is right that comes instead of a page
//   login         that the form ends the session, and what a login has new
//   asks, finds   a command, and what must become true of its JSON; `before` has what it is compared with
// A form that the walk saw and that is not here is a mistake.
import { inbox } from "./inbox.mjs";
import { lab } from "./lab.mjs";
import { account } from "./account.mjs";
import { overview } from "./overview.mjs";
import { domains } from "./domains.mjs";
import { accounts } from "./accounts.mjs";
import { queue } from "./queue.mjs";
import { tlsrpt } from "./tlsrpt.mjs";
import { dmarc } from "./dmarc.mjs";
import { mtasts } from "./mtasts.mjs";
import { certificates } from "./certificates.mjs";
import { config } from "./config.mjs";
import { server } from "./server.mjs";
import { logs } from "./logs.mjs";

export const forms = [...inbox, ...lab, ...account, ...overview, ...domains, ...accounts, ...queue, ...tlsrpt, ...dmarc, ...mtasts, ...certificates, ...config, ...server, ...logs];
