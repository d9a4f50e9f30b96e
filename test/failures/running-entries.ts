import { by, deployment, type Failure } from './entry.ts';

/** Orchestration, progress, the page. */
export const RUNNING: readonly Failure[] = [
  {
    number: 110,
    when: 'The history of an execution fills up.',
    must: 'Long waits are child executions; none comes near 25,000 events, counted as Step Functions counts.',
    seen: 'Nothing.',
    promisedBy: [
      ...by('engine/long-waits', 'waiting for a name > for 30 days takes a second, and no history grows with the time'),
      ...by(
        'functions/steps/thirty-days',
        'a name that comes free after almost 30 days is got within a minute, and no execution has 20,000 events',
        'a name that comes free after %i ms is got within a minute',
      ),
      ...by('local/server-flows', 'a flow whose history is full is not redrivable, and can be started again'), // prettier-ignore
      ...by(
        'statemachine/statemachine',
        'a migration > children have names that no redrive, new execution or second turn of a loop uses again',
      ),
    ],
    waitsFor: deployment('How AWS itself counts the events of these flows is seen only there.'),
  },
  {
    number: 111,
    when: 'An execution is too old to be redriven, or lost.',
    must: 'A new execution takes the job up from its documents, at any point.',
    seen: 'The same button.',
    promisedBy: [
      ...by(
        'failures/running',
        'a flow > 111: that is too old for AWS to redrive goes on in a new execution: at "%s" with %s',
        'a flow > 111: of a job that is %s does nothing more',
      ),
      ...by(
        'functions/api/steering-migrations',
        'redriving a migration > goes on in the same execution, and in a new one where that is too old',
      ),
    ],
    waitsFor: deployment('The 14 days are a rule of AWS; the embedded engine has no such end.'),
  },
  {
    number: 112,
    when: 'The product is updated in the middle of a job.',
    must: 'An execution goes on with the definition that it started with, and a job from its documents.',
    seen: 'Nothing.',
    promisedBy: [
      ...by('engine/crash', 'an execution goes on with the definition that it started with'),
      ...by('cli/program', 'with a server > killed during a copy, its next start goes on with the job and finishes it'),
    ],
    waitsFor: deployment(
      'Pinned versions of machines and functions are made there; no release has changed a document yet.',
    ),
  },
  {
    number: 113,
    when: 'A step or a task is run again.',
    must: 'Every step makes it so, whatever it finds, after a crash at any line.',
    seen: 'Nothing.',
    promisedBy: [
      ...by(
        'functions/steps/crashing-before-the-gate',
        'a crash at anything that is asked or written before the gate > %s: the next try comes to the same proof',
        'a crash at anything that is asked or written before the gate > in the gate itself, what was consented to stays consented to',
      ),
      ...by(
        'functions/steps/crashing-after-the-gate',
        'a process that dies at any effect, or right after it, and is begun again > %s',
      ),
      ...by(
        'tasks/versions',
        'moving versions > a task that is killed at any write goes on and makes no version twice',
      ),
    ],
  },
  {
    number: 114,
    when: 'A task cannot be started: throttled, or no capacity.',
    must: 'It is tried again with jitter, a bounded number of times; then the job says so and can be redriven.',
    seen: 'The attempts in the states of the flow, then the reason.',
    promisedBy: by(
      'failures/running',
      'a flow > 114: a task that cannot be started is tried again, later and later, and goes on once there is room',
      'a flow > 114: a task that can never be started ends the job with that reason, after twenty tries',
    ),
    waitsFor: deployment('The names of the errors of ECS, an hour of patience and fewer shards need Fargate.'),
  },
  {
    number: 115,
    when: 'A task was started and the answer lost: there are two of it.',
    must: 'The later attempt takes the work over, the earlier one stops; copies are harmless, deletions are fenced.',
    seen: 'Nothing.',
    promisedBy: [
      ...by(
        'tasks/copy',
        'copying a shard > an attempt that lost the shard to another stops, and writes down nothing more',
      ),
      ...by(
        'tasks/empty',
        'emptying the source > an attempt that lost its part to another deletes nothing more',
        'emptying the source > an attempt that lost its part while it waited does not even ask again',
      ),
      ...by('tasks/prove', 'proving both sides > of two attempts at once one ends and leaves the proof to the other'),
    ],
    waitsFor: deployment('The client token of RunTask.'),
  },
  {
    number: 116,
    when: 'A task is stuck: it moves nothing and does not die.',
    must: 'Every request has an end; a task that has none is stopped when its time is over, and replaced.',
    seen: 'The attempts of its state.',
    promisedBy: [
      ...by(
        'failures/running',
        'a flow > 116: a task that neither ends nor dies is stopped when its time is over, and replaced',
        'a server that takes a request and never answers > 116: holds a task for ten minutes and not for ever: it is asked again, then the task ends for another try',
      ),
      ...by(
        'engine/stop',
        'time limits > without a heartbeat a task fails with States.HeartbeatTimeout, which States.Timeout catches',
      ),
      ...by('statemachine/statemachine', 'the flows > $title cannot hang for ever'),
    ],
    waitsFor: deployment(
      'Stopping a task that is alive and shows nothing for ten minutes needs its heartbeat from ECS.',
    ),
  },
  {
    number: 117,
    when: 'Two writers of one job document.',
    must: 'Writes are conditional; who is late reads again.',
    seen: 'Nothing.',
    promisedBy: by(
      'local/document-store-contract.ts',
      'job documents: ${name} > a write over a version that is gone is refused and changes nothing',
      'job documents: ${name} > twenty writers who each add one to a counter lose none',
      'job documents: ${name} > of many writers who want to be first, exactly one is',
    ),
  },
  {
    number: 118,
    when: 'Progress beyond 100 %, or backwards.',
    must: 'It never falls, and is 100 only at the verified end.',
    seen: 'A percentage that can be relied on.',
    promisedBy: [
      ...by(
        'domain/progress',
        'whatever is counted and in whatever order points are passed, the percentage > of a %s never falls, and is 100 exactly when it has finished',
      ),
      ...by(
        'functions/progress/migration-progress',
        'the numbers of a migration > never fall, whenever they are counted and whenever somebody looks, and are 100 at the end only',
      ),
    ],
  },
  {
    number: 119,
    when: 'The logs are deleted, or kept for too short.',
    must: 'Progress stays where it was and goes on with the next line; no step reads a log.',
    seen: 'Numbers that stay; an empty log.',
    promisedBy: [
      ...by(
        'failures/running',
        'the numbers of a job > 119: stay where they were when the logs are deleted, and go on with the next line',
      ),
      ...by('local/task-logs-contract.ts', 'task logs: ${name} > a job without logs has an empty window'),
    ],
    waitsFor: deployment('Log groups, and what their panel says once they are gone.'),
  },
  {
    number: 120,
    when: 'Counting fails, overlaps or comes late.',
    must: 'One document, written on condition of its version; the job does not depend on it.',
    seen: '“As of”, and that the numbers are old.',
    promisedBy: [
      ...by(
        'failures/running',
        'the numbers of a job > 120: that nobody has counted for a while say so; the job itself goes on',
      ),
      ...by('functions/progress/update-progress', 'progress > two looks at once write one document and answer alike'),
      ...by('page/page', 'when the server is gone the last numbers stay, and say how old they are'),
    ],
  },
  {
    number: 121,
    when: 'A time left that is nonsense.',
    must: 'A range from what moved recently; none while the name is waited for.',
    seen: 'A range, or nothing.',
    promisedBy: [
      ...by('domain/progress', 'rates > give the time left as a range, and none when nothing moves'),
      ...by(
        'functions/progress/migration-progress',
        'the numbers of a migration > give no time left while the name is waited for',
      ),
    ],
  },
  {
    number: 122,
    when: 'The token of the page is not taken any more, in a job of days.',
    must: 'The job goes on; the page asks for a token and shows nothing that it may not.',
    seen: 'Where to find the token.',
    promisedBy: [
      ...by(
        'web/api',
        'the token > is forgotten everywhere when the server refuses it',
        'requests > a refused token is dropped, so that the page asks for a new one',
      ),
      ...by('functions/api/api-doors', 'who may ask > health answers without a token and everything else does not'),
    ],
    waitsFor: deployment('Sign-in that expires and is refreshed, and a fresh one before deletions, need Cognito.'),
  },
  {
    number: 123,
    when: 'Two people act at once.',
    must: 'One of them acts; the other is told how it stands now.',
    seen: '409 with the stage of now, or who was quicker.',
    promisedBy: [
      ...by(
        'functions/api/steering-migrations',
        'stopping a migration > by somebody who saw it at another stage is refused with the stage of now',
      ),
      ...by('functions/api/consent', 'consent to what is proven > given by two people at once is one consent'),
      ...by('flows/steering', 'and redriven by two people at once goes on once'),
    ],
  },
  {
    number: 124,
    when: 'Very long lists and reports.',
    must: 'Pages, parts and downloads; nothing is held in memory whole.',
    seen: 'A page of lines, the failed ones first, and files to download.',
    promisedBy: [
      ...by(
        'functions/api/api-reading',
        'failures > are grouped by cause over all shards, with one page of lines',
        'failures > downloads come as attachments that no browser opens as a page',
      ),
      ...by('web/lists', 'the flow > of thousands of items the failed one is shown, and the rest is counted'),
      ...by('tasks/prove', 'proving both sides > a large proof is cut into parts at whole keys'),
    ],
    waitsFor: deployment('Presigned links to the objects of the control bucket.'),
  },
  {
    number: 125,
    when: 'Keys with markup, changes of direction and line breaks.',
    must: 'They are text everywhere, shown with escapes, and copied exactly.',
    seen: 'The key with its odd characters escaped.',
    promisedBy: [
      ...by(
        'failures/running',
        '125: markup, control characters, changes of direction and line breaks of a key are shown and never obeyed',
      ),
      ...by('page/page', 'a key with markup, a newline and a change of direction is text, and is copied exactly'),
      ...by(
        'functions/api/api-reading',
        'failures > a spreadsheet never runs a key, and every key can be had exactly from it',
      ),
      ...by(
        'cli/showing',
        'the table of jobs > a prefix cannot move the cursor, colour the screen or turn the text around',
      ),
    ],
  },
  {
    number: 126,
    when: 'The browser is closed, or the computer sleeps.',
    must: 'The job is the server’s.',
    seen: 'The state of now, on the next look.',
    promisedBy: [
      ...by('page/page', 'the token leaves the address at once, and a reload still works'),
      ...by('cli/program', 'with a server > Ctrl-C while following leaves the job to the server'),
      ...by(
        'engine/long-waits',
        'a person has days to answer > and the time runs while the engine is down: it ends at its own instant, not later',
      ),
    ],
  },
  {
    number: 127,
    when: 'The program is killed.',
    must: 'What was answered is on disk; the next start replays it and goes on.',
    seen: 'The job, going on.',
    promisedBy: [
      ...by(
        'engine/crash',
        'a crash after any line of any journal > changes neither the result nor what had been finished',
      ),
      ...by('engine/journal', 'a journal file > ignores a torn last line %j and goes on behind the whole ones'),
      ...by(
        'real/migrate-between-users',
        '${OBJECTS} objects with versions, delete markers and every odd key arrive identical, though the program is killed ${KILLS} times',
      ),
    ],
  },
  {
    number: 128,
    when: 'The product is updated or removed while a job is between its first deletion and its verified return.',
    must: 'Stopping the program keeps the job and its documents; a stop at such a point is refused or brings back.',
    seen: 'Why it cannot be stopped, and where every object is.',
    promisedBy: [
      ...by('functions/api/steering-migrations', 'stopping a migration > once %s is refused and says why'),
      ...by(
        'functions/api/steering-migrations',
        'a migration that has failed half-way > keeps its names from other jobs',
      ),
      ...by('cli/program', 'with a server > SIGTERM ends it cleanly with 0 and its address is gone'),
    ],
    waitsFor: deployment(
      'There is no stack yet that could be destroyed; it has to refuse while a job is at such a point.',
    ),
  },
  {
    number: 129,
    when: 'A message to a person fails.',
    must: 'The page is the truth; a question waits, and no job fails for a message.',
    seen: 'The question, whenever somebody looks.',
    promisedBy: [
      ...by(
        'failures/running',
        'what nobody is told of outside of the page > 129: a question that no message announces waits on the page, and its answer counts days later',
      ),
      ...by('functions/api/steering-migrations', 'a decision about the name > made before the flow asked reaches it'),
    ],
    waitsFor: deployment('No message is sent yet.'),
  },
  {
    number: 130,
    when: 'Repetitions run up costs.',
    must: 'Rounds and attempts are bounded, a round copies only what differs, an attempt repeats one batch at most.',
    seen: 'ObjectsDifferError with what differs.',
    promisedBy: [
      ...by(
        'failures/running',
        'a flow > 130: rounds that repair what differs are bounded, so that no repetition runs up costs for ever',
        '130: a further round copies again only what differs',
      ),
      ...by('tasks/copy', 'copying a shard > the attempt after a crash goes on after the last checkpoint'),
      ...by(
        'tasks/copy',
        'a shard that would only fail > is given up after a hundred refusals in a row, with what to do',
      ),
    ],
    waitsFor: deployment('A budget in bytes, at which the job pauses, belongs where bytes cost money.'),
  },
];
