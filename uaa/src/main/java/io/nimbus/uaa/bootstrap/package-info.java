/** What must exist before the first request: keys, clients, groups, the first admin. */
@NullMarked
package io.nimbus.uaa.bootstrap;

import org.jspecify.annotations.NullMarked;
