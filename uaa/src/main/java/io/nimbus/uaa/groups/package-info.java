/** Groups, their members, and the groups of other identity providers that stand for them. */
@NullMarked
package io.nimbus.uaa.groups;

import org.jspecify.annotations.NullMarked;
