//! What tests share: what must hold for any input (`fuzz`), and of HTML that was made safe (`html`).

pub mod fuzz;
pub mod html;
