/**
 * PostgreSQL as the processes use it: a bounded pool, migrations at start, transactions that are
 * retried.
 */
@NullMarked
package io.nimbus.database;

import org.jspecify.annotations.NullMarked;
