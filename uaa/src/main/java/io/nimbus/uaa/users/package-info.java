/** Users: SCIM, passwords, lock-out. */
@NullMarked
package io.nimbus.uaa.users;

import org.jspecify.annotations.NullMarked;
