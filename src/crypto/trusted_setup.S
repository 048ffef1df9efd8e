// The trusted setup as c-kzg ships it (text), so that the program needs no file at run time.
    .section .rodata
    .global scope_trusted_setup_begin
    .global scope_trusted_setup_end
scope_trusted_setup_begin:
    .incbin SCOPE_TRUSTED_SETUP
scope_trusted_setup_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
