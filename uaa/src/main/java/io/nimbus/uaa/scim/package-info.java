/** What SCIM lists share: filter grammar, sorting, paging. */
@NullMarked
package io.nimbus.uaa.scim;

import org.jspecify.annotations.NullMarked;
