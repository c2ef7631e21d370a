/**
 * Where a request may go: the route table and the choice among a route's endpoints. State and
 * decisions only, no network; one writer at a time, any number of readers without locks.
 */
@NullMarked
package io.nimbus.router.policy;

import org.jspecify.annotations.NullMarked;
